namespace ReuseportPS.Engine.Execution;

/// <summary>Why a run ended without a result.</summary>
public enum FaultKind
{
    /// <summary>Load or store through a pointer that is null or a small number.</summary>
    NullAccess,

    /// <summary>Load or store outside the memory that the program was given.</summary>
    OutOfBounds,

    /// <summary>Store to read-only memory, or load from write-only memory.</summary>
    AccessDenied,

    /// <summary>More instructions than allowed.</summary>
    BudgetExceeded,

    /// <summary>Calls nested deeper than 8 frames.</summary>
    CallDepthExceeded,

    /// <summary>A helper, or kernel function, that this machine does not have.</summary>
    UnknownHelper,

    /// <summary>A helper was given an argument that the verifier would not let through: not a map, a map of the wrong type, memory out of bounds.</summary>
    BadArgument,

    /// <summary>An instruction that has no meaning off-kernel, such as the address of a kernel variable.</summary>
    Unsupported,

    /// <summary>The run ended while it held a ring buffer record or a spin lock; the verifier refuses such a program.</summary>
    UnreleasedReference,
}
