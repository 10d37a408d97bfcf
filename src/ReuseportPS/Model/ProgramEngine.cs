namespace ReuseportPS.Model;

/// <summary>What runs a program off-kernel. The outcomes are the same.</summary>
public enum ProgramEngine
{
    /// <summary>The interpreter first, machine code from the thousandth packet on.</summary>
    Auto,

    /// <summary>The interpreter.</summary>
    Interpreter,

    /// <summary>Machine code.</summary>
    Compiled,
}
