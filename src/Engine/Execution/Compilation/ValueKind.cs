namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What a value is.</summary>
internal enum ValueKind : byte
{
    /// <summary>A number.</summary>
    Constant,

    /// <summary>An address known in advance: <see cref="Value.Constant"/>, in <see cref="Value.Place"/>.</summary>
    Address,

    /// <summary>r1 or r2 as the host gave them.</summary>
    Argument,

    /// <summary>One of several, by the edge that led here.</summary>
    Phi,

    /// <summary>Its argument, about which a comparison has told more.</summary>
    Refined,

    /// <summary>Arithmetic of two arguments.</summary>
    Arithmetic,

    /// <summary>0 - argument.</summary>
    Negate,

    /// <summary>Sign extension.</summary>
    SignExtend,

    /// <summary>Byte swap of <see cref="Value.Size"/> bytes.</summary>
    Swap,

    /// <summary>The low <see cref="Value.Size"/> bytes.</summary>
    Cut,

    /// <summary>Load from an address.</summary>
    Load,

    /// <summary>Store of the second argument at the first.</summary>
    Store,

    /// <summary>Atomic operation: address, operand, r0.</summary>
    Atomic,

    /// <summary>Call of a helper with its arguments.</summary>
    Call,

    /// <summary>Helper 1 done in line: the key.</summary>
    Lookup,

    /// <summary>Helper 82 done in line: the key.</summary>
    Select,

    /// <summary>Helper 8 done in line.</summary>
    Cpu,
}
