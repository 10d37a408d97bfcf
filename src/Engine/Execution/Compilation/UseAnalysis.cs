namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// Finds what must be computed, and what in a local: pure values that are used once, in the block they are made in, are computed where they are used; those
/// that only the interpreter would want are computed on the way to it.
/// </summary>
internal static class UseAnalysis
{
    private const int DeepestTree = 6;

    public static void Run(ValueBlock[] blocks)
    {
        foreach (ValueBlock block in blocks)
        {
            foreach (Value value in block.Values)
            {
                // A load that cannot fail and that nobody wants is dropped.
                if (value.Kind is ValueKind.Store or ValueKind.Atomic or ValueKind.Call || (value.Kind == ValueKind.Load && (value.Mode != AccessMode.Proven || value.Place is not null)))
                {
                    Need(value);
                }
            }

            if (block.Left is Value left)
            {
                Use(left, block.Block);
            }

            if (block.Right is Value right)
            {
                Use(right, block.Block);
            }

            if (block.State is MachineState state)
            {
                Keep(state);
            }
        }
    }

    private static void Need(Value value)
    {
        if (value.IsNeeded)
        {
            return;
        }

        value.IsNeeded = true;
        if (value.Kind == ValueKind.Phi)
        {
            value.NeedsLocal = true;
            for (int i = 0; i < value.Arguments.Length; i++)
            {
                if (!ReferenceEquals(value.Arguments[i].Root(), value))
                {
                    Use(value.Arguments[i], value.Block.Predecessors[i]);
                }
            }

            return;
        }

        foreach (Value argument in value.Arguments)
        {
            Use(argument, value.Block);
        }

        if (value.State is MachineState state)
        {
            Keep(state);
        }

        if (value.After is MachineState after)
        {
            Keep(after);
        }
    }

    private static void Use(Value value, BasicBlock user)
    {
        value = value.Root();
        if (value.IsFixed || value.Kind == ValueKind.Argument)
        {
            return;
        }

        value.Uses++;
        value.NeedsLocal |= !value.IsPure || value.Uses > 1 || !ReferenceEquals(value.Block, user);
        Need(value);
    }

    private static void Keep(MachineState state)
    {
        foreach ((_, Value value) in state.Variables)
        {
            Keep(value, 0);
        }
    }

    private static void Keep(Value value, int depth)
    {
        value = value.Root();
        if (value.IsFixed || value.NeedsLocal || value.Kind == ValueKind.Argument)
        {
            return;
        }

        if (!value.IsPure || depth == DeepestTree)
        {
            value.NeedsLocal = true;
            Need(value);
            return;
        }

        foreach (Value argument in value.Arguments)
        {
            Keep(argument, depth + 1);
        }
    }
}
