namespace ReuseportPS.Engine.Isa;

/// <summary>Bits 3 and 4 of a load or store opcode (RFC 9669 §5): how much memory.</summary>
/// <remarks><code>
///  7 6 5 4 3 2 1 0
/// +-----+---+-----+
/// |mode |sz |class|
/// +-----+---+-----+
/// </code></remarks>
public enum MemorySize : byte
{
    /// <summary>BPF_W: 4 bytes.</summary>
    Word = 0x00,

    /// <summary>BPF_H: 2 bytes.</summary>
    HalfWord = 0x08,

    /// <summary>BPF_B: 1 byte.</summary>
    Byte = 0x10,

    /// <summary>BPF_DW: 8 bytes.</summary>
    DoubleWord = 0x18,
}
