using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Which variables may still be read, at the beginning of each block and before each instruction.</summary>
internal sealed class Liveness
{
    private const int MostArguments = 5;

    private readonly LoadedProgram _program;
    private readonly FlowGraph _graph;
    private readonly StackPlan _plan;
    private readonly int _firstSlot;
    private readonly int _words;

    public Liveness(LoadedProgram program, FlowGraph graph, StackPlan plan)
    {
        _program = program;
        _graph = graph;
        _plan = plan;
        _firstSlot = Variables.Count(graph.Functions.Count);
        VariableCount = _firstSlot + plan.Slots.Count;
        _words = (VariableCount + 63) / 64;
        Solve();
    }

    public int VariableCount { get; }

    /// <summary>Live sets before each instruction of a block, and after its last.</summary>
    public ulong[][] Inside(BasicBlock block)
    {
        ulong[][] live = new ulong[block.Length + 1][];
        ulong[] now = live[^1] = LiveOut(block);
        for (int i = block.Last - 1; i >= block.First; i--)
        {
            now = [.. now];
            Step(block, i, now);
            live[i - block.First] = now;
        }

        return live;
    }

    public static bool Has(ulong[] set, int variable) => (set[variable >> 6] >> variable & 1) != 0;

    private void Solve()
    {
        foreach (BasicBlock block in _graph.Blocks)
        {
            block.LiveIn = new ulong[_words];
        }

        bool changed;
        do
        {
            changed = false;
            for (int b = _graph.Blocks.Length - 1; b >= 0; b--)
            {
                BasicBlock block = _graph.Blocks[b];
                ulong[] live = LiveOut(block);
                for (int i = block.Last - 1; i >= block.First; i--)
                {
                    Step(block, i, live);
                }

                if (!live.AsSpan().SequenceEqual(block.LiveIn))
                {
                    block.LiveIn = live;
                    changed = true;
                }
            }
        }
        while (changed);
    }

    private ulong[] LiveOut(BasicBlock block)
    {
        ulong[] live = new ulong[_words];
        if (block.End == BlockEnd.Interpret)
        {
            // A tail call gives its registers to the next program.
            if (_program.Code[block.Last].Operation == Operation.TailCall)
            {
                for (int register = 0; register < (int)Register.R10; register++)
                {
                    Add(live, Variables.Of(block.Function, register));
                }

                for (FunctionInstance? caller = block.Function.Caller; caller is not null; caller = caller.Caller)
                {
                    for (int register = Variables.Shared; register < (int)Register.R10; register++)
                    {
                        Add(live, Variables.Of(caller, register));
                    }
                }

                for (int slot = 0; slot < _plan.Slots.Count; slot++)
                {
                    Add(live, _firstSlot + slot);
                }
            }

            return live;
        }

        foreach (BasicBlock successor in block.Successors)
        {
            for (int w = 0; w < _words; w++)
            {
                live[w] |= successor.LiveIn[w];
            }
        }

        return live;
    }

    private static void Add(ulong[] set, int variable) => set[variable >> 6] |= 1UL << variable;

    private static void Remove(ulong[] set, int variable) => set[variable >> 6] &= ~(1UL << variable);

    private void Step(BasicBlock block, int at, ulong[] live)
    {
        ref readonly DecodedInstruction op = ref _program.Code[at];
        FunctionInstance function = block.Function;
        Operation operation = op.Operation;
        int slot = _plan.SlotOf.GetValueOrDefault((function.Number, at), -1);
        void Read(int register)
        {
            if (register != (int)Register.R10)
            {
                Add(live, Variables.Of(function, register));
            }
        }

        void Write(int register) => Remove(live, Variables.Of(function, register));
        if (operation.IsArithmetic)
        {
            Write(op.Destination);
            if (operation.First != Operation.MoveImmediate64)
            {
                Read(op.Destination);
            }

            if (operation.UsesSource)
            {
                Read(op.Source);
            }
        }
        else if (operation.IsComparison)
        {
            Read(op.Destination);
            if (operation.UsesSource)
            {
                Read(op.Source);
            }
        }
        else if (operation.IsLoad)
        {
            Write(op.Destination);
            if (slot >= 0)
            {
                Add(live, _firstSlot + slot);
            }

            Read(op.Source);
        }
        else if (operation.IsStore)
        {
            if (slot >= 0)
            {
                Remove(live, _firstSlot + slot);
            }

            Read(op.Destination);
            if (operation <= Operation.Store64)
            {
                Read(op.Source);
            }
        }
        else if (operation.IsAtomic)
        {
            AtomicOperation atomic = (AtomicOperation)op.Immediate;
            if (atomic == AtomicOperation.CompareExchange)
            {
                Write(0);
                Read(0);
            }
            else if (((int)atomic & 1) != 0)
            {
                Write(op.Source);
            }

            Read(op.Destination);
            Read(op.Source);
        }
        else
        {
            switch (operation)
            {
                case Operation.Negate64 or Operation.Negate32 or Operation.Swap16 or Operation.Swap32 or Operation.Swap64 or Operation.Cut16 or Operation.Cut32:
                    Read(op.Destination);
                    break;
                case >= Operation.SignExtend8To64 and <= Operation.SignExtend16To32:
                    Write(op.Destination);
                    Read(op.Source);
                    break;
                case Operation.LoadValue or Operation.LoadMap or Operation.LoadMapValue:
                    Write(op.Destination);
                    break;
                case Operation.CallHelper or Operation.CallKernel:
                    Write(0);
                    if (slot >= 0)
                    {
                        Add(live, _firstSlot + slot);
                    }

                    for (int argument = 1; argument <= ArgumentCount(op); argument++)
                    {
                        Read(argument);
                    }

                    break;
                case Operation.CallLocal:
                    Enter(block, live);
                    break;
                case Operation.Exit:
                    Read(0);
                    break;
            }
        }
    }

    /// <summary>How many registers a helper looks at: all five when nothing is known of it.</summary>
    public static int ArgumentCount(in DecodedInstruction call) =>
        (call.Operation == Operation.CallHelper ? HelperPrototypes.Find((int)call.Immediate)?.Arguments.Length : null) ?? MostArguments;

    // The callee's r6 to r9 begin as the caller's, and its stack slots as zeros.
    private void Enter(BasicBlock block, ulong[] live)
    {
        FunctionInstance callee = block.Successors[0].Function;
        for (int register = Variables.Shared; register < (int)Register.R10; register++)
        {
            int variable = Variables.Of(callee, register);
            if (Has(live, variable))
            {
                Remove(live, variable);
                Add(live, Variables.Of(block.Function, register));
            }
        }

        for (int slot = 0; slot < _plan.Slots.Count; slot++)
        {
            if (ReferenceEquals(_plan.Slots[slot].Function, callee))
            {
                Remove(live, _firstSlot + slot);
            }
        }
    }
}
