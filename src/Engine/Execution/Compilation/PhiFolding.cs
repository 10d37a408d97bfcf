namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// Does an operation on two phis before the ways join, where nobody else wants the phis: one value is then handed over instead of two, and one register is
/// enough for it.
/// </summary>
internal static class PhiFolding
{
    public static void Run(ValueBlock[] blocks)
    {
        Dictionary<Value, int> uses = UseCounts.Of(blocks);
        foreach (ValueBlock block in blocks.Where(block => !block.Block.IsLoopHeader && block.Block.Predecessors.All(way => way.Successors.Count == 1)))
        {
            foreach (Value value in block.Values)
            {
                if (value is { Same: null, Kind: ValueKind.Arithmetic, Place: null, Between: null } && IsOwnPhi(value.Arguments[0]) && IsOwnPhi(value.Arguments[1])
                    && !ReferenceEquals(value.Arguments[0].Resolve(), value.Arguments[1].Resolve()))
                {
                    uses[Fold(value, block, blocks)] = uses.GetValueOrDefault(value);
                }
            }

            bool IsOwnPhi(Value argument) =>
                argument.Resolve() is { Kind: ValueKind.Phi, Place: null } phi && ReferenceEquals(phi.Block, block.Block) && uses[phi] == 1;
        }
    }

    private static Value Fold(Value operation, ValueBlock block, ValueBlock[] blocks)
    {
        (Value left, Value right) = (operation.Arguments[0].Resolve(), operation.Arguments[1].Resolve());
        Value folded = Known(new Value(ValueKind.Phi, block.Block) { Arguments = new Value[left.Arguments.Length] });
        for (int edge = 0; edge < folded.Arguments.Length; edge++)
        {
            BasicBlock way = block.Block.Predecessors[edge];
            Value early = Known(new Value(ValueKind.Arithmetic, way)
            {
                Arguments = [left.Arguments[edge], right.Arguments[edge]],
                Operation = operation.Operation,
                Is32 = operation.Is32,
                At = operation.At,
            });
            blocks[way.Order].Values.Add(early);
            folded.Arguments[edge] = early;
        }

        block.Phis.Add(folded);
        operation.Same = folded;
        return folded;

        // What is known of the outcome is known on each way to it.
        Value Known(Value value)
        {
            (value.IsKnown, value.Min, value.Max) = (operation.IsKnown, operation.Min, operation.Max);
            return value;
        }
    }
}
