namespace ReuseportPS.Engine.Isa;

/// <summary>The eleven registers (RFC 9669 §2).</summary>
public enum Register : byte
{
    /// <summary>Return value of calls and of the program.</summary>
    R0,

    /// <summary>First argument; at entry the context. Lost in a call.</summary>
    R1,

    /// <summary>Second argument. Lost in a call.</summary>
    R2,

    /// <summary>Third argument. Lost in a call.</summary>
    R3,

    /// <summary>Fourth argument. Lost in a call.</summary>
    R4,

    /// <summary>Fifth argument. Lost in a call.</summary>
    R5,

    /// <summary>Kept across calls.</summary>
    R6,

    /// <summary>Kept across calls.</summary>
    R7,

    /// <summary>Kept across calls.</summary>
    R8,

    /// <summary>Kept across calls.</summary>
    R9,

    /// <summary>Frame pointer: one past the 512 bytes of the frame's stack. Read-only.</summary>
    R10,
}
