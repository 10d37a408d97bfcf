namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// Finds the values whose bits above the lowest 32 matter to nobody, or are known to be 0; those are kept and computed as 32 bits. What the interpreter
/// would be given to go on with does not count: it does the same with the values as the rest of the program, and so looks at no other bits. For that,
/// bits that are known to be 0 where they are looked at count as looked at in what they are computed from: the interpreter computes them.
/// </summary>
internal static class WidthAnalysis
{
    public static void Run(ValueBlock[] blocks)
    {
        Stack<Value> work = new();
        void Demand(Value value)
        {
            value = value.Resolve();
            if (!value.IsFixed && !value.IsLookedAt)
            {
                value.IsLookedAt = true;
                value.IsWide = value.Place is not null || value.Max > uint.MaxValue;
                work.Push(value);
            }
        }

        foreach (ValueBlock block in blocks)
        {
            foreach (Value phi in block.Phis.Where(phi => phi.Place is not null))
            {
                Demand(phi);
            }

            foreach (Value value in block.Values)
            {
                if (value.Place is not null)
                {
                    Demand(value);
                }

                DemandAlways(value, Demand);
            }

            // The program that a tail call leads to may look at all of them.
            foreach ((_, Value value) in block.Block.End == BlockEnd.Interpret ? block.State!.Variables : [])
            {
                Demand(value);
            }

            if (block.Left is Value left && (block.Right is null || !block.CompareIs32))
            {
                Demand(left);
                if (block.Right is Value right)
                {
                    Demand(right);
                }
            }
        }

        while (work.TryPop(out Value? value))
        {
            DemandOfLookedAt(value, Demand);
        }
    }

    // What is looked at whether or not the upper half of the result is.
    private static void DemandAlways(Value value, Action<Value> demand)
    {
        switch (value.Kind)
        {
            case ValueKind.Cut or ValueKind.SignExtend when value.Between is Value shifted:
                demand(shifted);
                break;
            case ValueKind.Arithmetic when !value.Is32:
                switch (value.Operation)
                {
                    case Operation.ShiftRightImmediate64 or Operation.ArithmeticShiftRightImmediate64:
                        demand(value.Arguments[0]);
                        break;
                    case Operation.ShiftLeftImmediate64 when value.Arguments[1].Resolve().Kind != ValueKind.Constant:
                    case Operation.DivideImmediate64 or Operation.SignedDivideImmediate64 or Operation.ModuloImmediate64 or Operation.SignedModuloImmediate64:
                        demand(value.Arguments[0]);
                        demand(value.Arguments[1]);
                        break;
                }

                break;
            case ValueKind.Swap when value.Size == 8:
                demand(value.Arguments[0]);
                break;
            case ValueKind.Load:
                demand(value.Arguments[0]);
                break;
            case ValueKind.Store or ValueKind.Atomic:
                demand(value.Arguments[0]);
                foreach (Value argument in value.Arguments.AsSpan(1))
                {
                    if (value.Size == 8)
                    {
                        demand(argument);
                    }
                }

                break;
            case ValueKind.Call:
                foreach (Value argument in value.Arguments)
                {
                    demand(argument);
                }

                break;
        }
    }

    private static void DemandOfLookedAt(Value value, Action<Value> demand)
    {
        bool passes = value.Kind switch
        {
            ValueKind.Phi => true,
            ValueKind.Negate => !value.Is32,
            ValueKind.Arithmetic => !value.Is32,
            _ => false,
        };
        if (value is { Kind: ValueKind.Arithmetic, Operation: Operation.ShiftLeftImmediate64 } && value.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: >= 32 and < 64 })
        {
            // What was in the upper half is shifted out.
            return;
        }

        if (value is { Kind: ValueKind.Arithmetic, Operation: Operation.AndImmediate64 }
            && value.Arguments.FirstOrDefault(argument => ValueAnalysis.Of(argument) is { Place: null, Max: <= uint.MaxValue }) is Value narrow)
        {
            // One operand alone makes the upper half 0.
            demand(narrow);
            return;
        }

        if (passes)
        {
            foreach (Value argument in value.Arguments)
            {
                demand(argument);
            }

            if (value.Between is Value between)
            {
                demand(between);
            }
        }
        else if (value.Kind == ValueKind.Refined)
        {
            demand(value.Arguments[0]);
        }
    }
}
