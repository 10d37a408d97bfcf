namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Takes out operations that analysis has shown to change nothing: masks that a number fits, and cuts of numbers that are short already.</summary>
internal static class Simplification
{
    public static void Run(ValueBlock[] blocks)
    {
        foreach (Value value in blocks.SelectMany(block => block.Values))
        {
            ulong? mask = value switch
            {
                { Kind: ValueKind.Cut, Between: null } => (1UL << (value.Size * 8)) - 1,
                { Kind: ValueKind.Arithmetic, Operation: Operation.AndImmediate64 } when value.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: ulong number } =>
                    value.Is32 ? (uint)number : number,
                _ => null,
            };
            if (mask is ulong ones && (ones & (ones + 1)) == 0 && ValueAnalysis.Of(value.Arguments[0]) is { Place: null } fact && fact.Max <= ones)
            {
                value.Same = value.Arguments[0].Resolve();
            }
        }
    }
}
