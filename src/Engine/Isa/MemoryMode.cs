namespace ReuseportPS.Engine.Isa;

/// <summary>High three bits of a load or store opcode (RFC 9669 §5): what kind of access.</summary>
public enum MemoryMode : byte
{
    /// <summary>BPF_IMM: lddw.</summary>
    Immediate = 0x00,

    /// <summary>BPF_ABS: packet load of classic BPF; refused.</summary>
    Absolute = 0x20,

    /// <summary>BPF_IND: packet load of classic BPF; refused.</summary>
    Indirect = 0x40,

    /// <summary>BPF_MEM: plain load or store.</summary>
    Memory = 0x60,

    /// <summary>BPF_MEMSX: load with sign extension.</summary>
    MemorySignExtend = 0x80,

    /// <summary>BPF_ATOMIC: the immediate says which atomic operation.</summary>
    Atomic = 0xc0,
}
