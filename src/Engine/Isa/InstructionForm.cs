namespace ReuseportPS.Engine.Isa;

/// <summary>One row of the <see cref="OpcodeTable"/>: an opcode byte, with a selecting field where the byte alone does not tell, and the meaning.</summary>
/// <param name="Opcode">Opcode byte.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Mnemonic">Short name, unique in the table: <c>add64</c>, <c>jeq32</c>, <c>ldxw</c>.</param>
public sealed record InstructionForm(byte Opcode, InstructionKind Kind, string Mnemonic)
{
    /// <summary>Value of the field marked <see cref="FieldUse.Selector"/>; 0 when none is.</summary>
    public int Selector { get; init; }

    /// <summary>Use of the destination field.</summary>
    public FieldUse Destination { get; init; }

    /// <summary>Use of the source field.</summary>
    public FieldUse Source { get; init; }

    /// <summary>Use of the offset field.</summary>
    public FieldUse Offset { get; init; }

    /// <summary>Use of the immediate field.</summary>
    public FieldUse Immediate { get; init; }

    /// <summary>32 or 64 for arithmetic and comparisons: the width of the operation. 0 elsewhere.</summary>
    public byte Width { get; init; }

    /// <summary>Bits of memory accessed, extended from or swapped. 0 elsewhere.</summary>
    public byte Bits { get; init; }

    /// <summary>Whether the second operand is the source register.</summary>
    public bool UsesSource { get; init; }

    /// <summary>Signed division and modulo.</summary>
    public bool IsSigned { get; init; }

    /// <summary>Operation of an <see cref="InstructionKind.Alu"/> form.</summary>
    public AluOperation Alu { get; init; }

    /// <summary>Comparison of an <see cref="InstructionKind.JumpIf"/> form.</summary>
    public JumpOperation Condition { get; init; }

    /// <summary>Operation of an <see cref="InstructionKind.Atomic"/> form.</summary>
    public AtomicOperation Atomic { get; init; }

    /// <summary>Kind of a <see cref="InstructionKind.WideLoad"/> form.</summary>
    public WideLoadKind WideLoad { get; init; }

    /// <summary>Kind of a <see cref="InstructionKind.Call"/> form.</summary>
    public CallKind CallKind { get; init; }

    /// <summary>Whether control never reaches the next instruction.</summary>
    public bool EndsFlow => Kind is InstructionKind.Jump or InstructionKind.JumpLong or InstructionKind.Exit;
}
