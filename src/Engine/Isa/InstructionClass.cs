namespace ReuseportPS.Engine.Isa;

/// <summary>Low three bits of the opcode (RFC 9669 §3.1).</summary>
/// <remarks><code>
///  7 6 5 4 3 2 1 0
/// +---------+-----+
/// |         |class|
/// +---------+-----+
/// </code></remarks>
public enum InstructionClass : byte
{
    /// <summary>BPF_LD: lddw, and the refused packet loads of classic BPF.</summary>
    Load = 0,

    /// <summary>BPF_LDX: loads into a register.</summary>
    LoadRegister = 1,

    /// <summary>BPF_ST: stores of an immediate.</summary>
    Store = 2,

    /// <summary>BPF_STX: stores of a register, atomics.</summary>
    StoreRegister = 3,

    /// <summary>BPF_ALU: 32-bit arithmetic.</summary>
    Alu = 4,

    /// <summary>BPF_JMP: 64-bit comparisons, jumps, calls, exit.</summary>
    Jump = 5,

    /// <summary>BPF_JMP32: 32-bit comparisons, the long jump.</summary>
    Jump32 = 6,

    /// <summary>BPF_ALU64: 64-bit arithmetic.</summary>
    Alu64 = 7,
}
