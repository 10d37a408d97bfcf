using ReuseportPS.Engine.Helpers;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Finds the stack slots that can be variables, and what of each frame must be cleared before it is used.</summary>
internal static class StackPlanner
{
    public static StackPlan Make(LoadedProgram program, FlowGraph graph, ValueBlock[] blocks, Specialization specialization, IReadOnlyDictionary<(int Function, int At), InlineCall> inlined)
    {
        StackPlan plan = new(inlined);
        Frame[] frames = [.. graph.Functions.Select(_ => new Frame())];
        bool isTame = true;
        foreach (ValueBlock block in blocks)
        {
            foreach (Value value in block.Values)
            {
                isTame &= Visit(value, frames, program, specialization);
            }

            foreach (Value phi in block.Phis)
            {
                if (phi.Place is null)
                {
                    Leak(phi.Arguments, frames);
                }
            }

            isTame &= block.Block.End != BlockEnd.Interpret;
            Leak(block.Left, frames, when: block.Right is null);
        }

        foreach (FunctionInstance function in graph.Functions)
        {
            frames[function.Number].AddTo(plan, function, isTame, program.UsesStack);
        }

        return plan;
    }

    // False for an access that may lead to any stack by an address that did not come from r10.
    private static bool Visit(Value value, Frame[] frames, LoadedProgram program, Specialization specialization)
    {
        switch (value.Kind)
        {
            case ValueKind.Load or ValueKind.Store or ValueKind.Atomic:
                if (value.Kind != ValueKind.Load)
                {
                    Leak(value.Arguments.AsSpan(1), frames);
                }

                Fact address = ValueAnalysis.Of(value.Arguments[0]);
                if (address.Place is { Kind: PlaceKind.Stack } stack)
                {
                    Frame frame = frames[stack.Function!.Number];
                    if (value.Mode == AccessMode.Proven && address.Low == address.High && value.Kind != ValueKind.Atomic)
                    {
                        frame.Accesses.Add((value.Block.Function.Number, value.At, (int)address.Low, value.Size));
                    }
                    else
                    {
                        frame.Block(address.Low, address.High + value.Size);
                    }
                }

                return value.Mode != AccessMode.Search && (value.Mode == AccessMode.Proven || (address.Low > -ValueAnalysis.Unbounded && address.High < ValueAnalysis.Unbounded));
            case ValueKind.Call:
                for (int i = 0; i < value.Arguments.Length; i++)
                {
                    Fact argument = ValueAnalysis.Of(value.Arguments[i]);
                    if (argument.Place is { Kind: PlaceKind.Stack } place)
                    {
                        frames[place.Function!.Number].Block(
                            specialization.HasFunctionPointers ? 0 : argument.Low, SizeOf(value, i, program) is int size ? argument.High + size : Machine.StackSize);
                    }
                }

                return true;
            default:
                if (value.Place is null && value.Kind is not ValueKind.Refined)
                {
                    Leak(value.Arguments, frames);
                }

                return true;
        }
    }

    // Bytes behind a pointer that a helper looks at, where that is certain.
    private static int? SizeOf(Value call, int argument, LoadedProgram program)
    {
        if (call.Operation != Operation.CallHelper || HelperPrototypes.Find((int)call.Constant) is not HelperPrototype prototype || argument >= prototype.Arguments.Length)
        {
            return null;
        }

        Fact map = ValueAnalysis.Of(call.Arguments[0]);
        return map is not { Place: { Kind: PlaceKind.Map } place, Low: 0, High: 0 } ? null
            : prototype.Arguments[argument] == HelperArgument.MapKey ? program.Maps[place.Map].Spec.KeySize
            : prototype.Arguments[argument] == HelperArgument.MapValue ? program.Maps[place.Map].Spec.ValueSize
            : null;
    }

    private static void Leak(ReadOnlySpan<Value> values, Frame[] frames)
    {
        foreach (Value value in values)
        {
            Leak(value, frames, true);
        }
    }

    private static void Leak(Value? value, Frame[] frames, bool when)
    {
        if (when && value is not null && ValueAnalysis.Of(value).Place is { Kind: PlaceKind.Stack } stack)
        {
            frames[stack.Function!.Number].Block(0, Machine.StackSize);
        }
    }

    private sealed class Frame
    {
        private readonly bool[] _blocked = new bool[Machine.StackSize];

        public List<(int Function, int At, int Offset, int Size)> Accesses { get; } = [];

        public void Block(long first, long last)
        {
            for (long i = Math.Max(0, first); i < Math.Min(last, Machine.StackSize); i++)
            {
                _blocked[i] = true;
            }
        }

        public void AddTo(StackPlan plan, FunctionInstance function, bool isTame, bool usesStack)
        {
            // By its first byte, the size of what begins there; -1 where sizes differ or overlap.
            int[] size = new int[Machine.StackSize];
            foreach ((_, _, int offset, int bytes) in Accesses)
            {
                size[offset] = size[offset] == 0 || size[offset] == bytes ? bytes : -1;
            }

            int last = -1;
            int lastEnd = 0;
            for (int i = 0; i < size.Length; i++)
            {
                if (size[i] == 0)
                {
                    continue;
                }

                int end = i + (size[i] < 0 ? 8 : size[i]);
                if (i < lastEnd)
                {
                    size[last] = size[i] = -1;
                }

                if (size[i] > 0 && _blocked.AsSpan(i, size[i]).Contains(true))
                {
                    size[i] = -1;
                }

                if (end > lastEnd)
                {
                    (last, lastEnd) = (i, end);
                }
            }

            Dictionary<int, int> slots = [];
            for (int i = 0; isTame && i < size.Length; i++)
            {
                if (size[i] > 0)
                {
                    slots.Add(i, plan.Slots.Count);
                    plan.Slots.Add(new StackSlot(function, i, size[i]));
                }
            }

            int firstByte = Machine.StackSize;
            int lastByte = 0;
            foreach ((int accessor, int at, int offset, int bytes) in Accesses)
            {
                if (slots.TryGetValue(offset, out int slot))
                {
                    plan.SlotOf[(accessor, at)] = slot;
                }
                else
                {
                    (firstByte, lastByte) = (Math.Min(firstByte, offset), Math.Max(lastByte, offset + bytes));
                }
            }

            for (int i = 0; i < _blocked.Length; i++)
            {
                if (_blocked[i])
                {
                    (firstByte, lastByte) = (Math.Min(firstByte, i), Math.Max(lastByte, i + 1));
                }
            }

            if (!isTame && (function.Caller is not null || usesStack))
            {
                (firstByte, lastByte) = (0, Machine.StackSize);
            }

            if (firstByte < lastByte)
            {
                plan.Cleared[function.Number] = (firstByte, lastByte);
            }
        }
    }
}
