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
                if (value.Kind is ValueKind.Store or ValueKind.Atomic or ValueKind.Call or ValueKind.Select || value is { Kind: ValueKind.Lookup, State: not null } || (value.Kind == ValueKind.Load && (value.Mode != AccessMode.Proven || value.Place is not null)))
                {
                    Need(value);
                }
            }

            if (block.IsNullTest)
            {
                Follow(block.Left!, block.Block);
            }
            else if (block.Left is Value left)
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

        if (value.Kind is ValueKind.Lookup or ValueKind.Select && value.Arguments[0].Root() is { Kind: ValueKind.Phi, IsWide: false, Place: null, Max: <= uint.MaxValue } index)
        {
            index.IsIndex = true;
        }

        if (value.Mode == AccessMode.Proven)
        {
            Follow(value.Arguments[0], value.Block);
        }

        foreach (Value argument in value.Arguments.AsSpan(value.Mode == AccessMode.Proven || AccessPlanner.IsAtKnownOffset(value) ? 1 : 0))
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
        value.NeedsLocal |= !value.IsPure || value.Uses > 1 || value.Combined is not null || !ReferenceEquals(value.Block, user);
        Need(value);
    }

    // The pointer is wanted as a reference.
    private static void Follow(Value pointer, BasicBlock user)
    {
        Fact fact = ValueAnalysis.Of(pointer);
        if (fact.Place?.Kind != PlaceKind.Row)
        {
            if (fact.Place is null ? !pointer.Root().IsFixed : fact.Low != fact.High)
            {
                Use(pointer, user);
            }

            return;
        }

        Value value = pointer.Root();
        switch (value.Kind)
        {
            case ValueKind.Arithmetic:
                foreach (Value argument in value.Arguments)
                {
                    if (ValueAnalysis.Of(argument).Place is not null)
                    {
                        Follow(argument, user);
                    }
                    else
                    {
                        Use(argument, user);
                    }
                }

                break;
            case ValueKind.Phi when !value.NeedsReference:
                value.NeedsReference = true;
                for (int i = 0; i < value.Arguments.Length; i++)
                {
                    Follow(value.Arguments[i], value.Block.Predecessors[i]);
                }

                break;
            case ValueKind.Lookup:
                value.NeedsReference = true;
                Need(value);
                break;
        }
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

        if (value.Kind == ValueKind.Lookup)
        {
            value.NeedsReference = true;
            Need(value);
            return;
        }

        if (!value.IsPure || value.Combined is not null || depth == DeepestTree)
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
