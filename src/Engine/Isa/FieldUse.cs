namespace ReuseportPS.Engine.Isa;

/// <summary>What a field of an instruction is to its form.</summary>
public enum FieldUse : byte
{
    /// <summary>Reserved: must be zero.</summary>
    Zero,

    /// <summary>Any value, or for a register field any of r0 to r10.</summary>
    Any,

    /// <summary>A register that is written: r0 to r9.</summary>
    Written,

    /// <summary>Tells this form from others of the same opcode byte.</summary>
    Selector,

    /// <summary>Jump distance in slots from the next instruction.</summary>
    Distance,
}
