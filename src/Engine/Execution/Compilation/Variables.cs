using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Numbers of the variables: r0 to r5, then r6 to r9 of each function instance, then stack slots that are kept out of memory.</summary>
internal static class Variables
{
    public const int Shared = 6;
    private const int OfFunction = 4;

    public static int Count(int functions) => Shared + functions * OfFunction;

    /// <summary>The variable of a register below r10.</summary>
    public static int Of(FunctionInstance function, int register) =>
        register < Shared ? register : register + function.Number * OfFunction;

    /// <summary>Whether a variable is one of r6 to r9 of a function.</summary>
    public static bool IsKept(FunctionInstance function, int variable, out int register)
    {
        register = variable - function.Number * OfFunction;
        return register is >= Shared and < (int)Register.R10 && variable >= Shared;
    }
}
