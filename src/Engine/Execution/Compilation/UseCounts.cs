namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>How often each value is wanted: as an argument, in a comparison or as a result, and by states for the interpreter.</summary>
internal static class UseCounts
{
    public static Dictionary<Value, int> Of(ValueBlock[] blocks)
    {
        Dictionary<Value, int> uses = [];
        foreach (ValueBlock block in blocks)
        {
            foreach (Value value in block.Phis.Concat(block.Values).Where(static value => value.Same is null))
            {
                foreach (Value argument in value.Arguments)
                {
                    Use(argument);
                }

                Use(value.Between);
                Keep(value.State);
                Keep(value.After);
            }

            Use(block.Left);
            Use(block.Right);
            Keep(block.State);
        }

        return uses;

        void Use(Value? value)
        {
            if (value is not null)
            {
                uses[value.Resolve()] = uses.GetValueOrDefault(value.Resolve()) + 1;
            }
        }

        void Keep(MachineState? state)
        {
            foreach ((_, Value value) in state?.Variables ?? [])
            {
                Use(value);
            }
        }
    }
}
