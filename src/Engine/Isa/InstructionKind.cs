namespace ReuseportPS.Engine.Isa;

/// <summary>What an instruction does, coarsely: which other properties of an <see cref="InstructionForm"/> apply.</summary>
public enum InstructionKind : byte
{
    /// <summary>Arithmetic on a register: <see cref="InstructionForm.Alu"/>, <see cref="InstructionForm.IsSigned"/>.</summary>
    Alu,

    /// <summary>Move with sign extension from <see cref="InstructionForm.Bits"/>.</summary>
    MoveSignExtend,

    /// <summary>Cut to <see cref="InstructionForm.Bits"/> in little-endian order.</summary>
    ToLittleEndian,

    /// <summary>Swap of <see cref="InstructionForm.Bits"/> to big-endian order.</summary>
    ToBigEndian,

    /// <summary>Unconditional swap of <see cref="InstructionForm.Bits"/>.</summary>
    SwapBytes,

    /// <summary>lddw: <see cref="InstructionForm.WideLoad"/>.</summary>
    WideLoad,

    /// <summary>Load of <see cref="InstructionForm.Bits"/>, zero-extended.</summary>
    Load,

    /// <summary>Load of <see cref="InstructionForm.Bits"/>, sign-extended.</summary>
    LoadSignExtend,

    /// <summary>Store of <see cref="InstructionForm.Bits"/> from a register.</summary>
    Store,

    /// <summary>Store of <see cref="InstructionForm.Bits"/> from the immediate.</summary>
    StoreImmediate,

    /// <summary>Atomic operation on <see cref="InstructionForm.Bits"/>: <see cref="InstructionForm.Atomic"/>.</summary>
    Atomic,

    /// <summary>goto with a 16-bit distance in the offset.</summary>
    Jump,

    /// <summary>gotol with a 32-bit distance in the immediate.</summary>
    JumpLong,

    /// <summary>Jump on a comparison: <see cref="InstructionForm.Condition"/>.</summary>
    JumpIf,

    /// <summary>Jump out of a loop that has run too long (kernel 6.9): else nothing.</summary>
    MayGoto,

    /// <summary>Call: <see cref="InstructionForm.CallKind"/>.</summary>
    Call,

    /// <summary>Return.</summary>
    Exit,

    /// <summary>Packet load of classic BPF, refused in a program of this kind.</summary>
    PacketLoad,
}
