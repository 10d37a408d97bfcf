using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>A program with all that code generation wants to know of it.</summary>
internal sealed class PreparedProgram
{
    private PreparedProgram(LoadedProgram program, FlowGraph graph, ValueBlock[] blocks, StackPlan plan, Place packet)
    {
        Program = program;
        Graph = graph;
        Blocks = blocks;
        Plan = plan;
        Packet = packet;
    }

    public LoadedProgram Program { get; }

    public FlowGraph Graph { get; }

    public ValueBlock[] Blocks { get; }

    public StackPlan Plan { get; }

    public Place Packet { get; }

    /// <summary>Bytes of the context that proven loads count on.</summary>
    public int ReadContext { get; private set; }

    /// <summary>Bytes of the context that proven stores count on.</summary>
    public int WrittenContext { get; private set; }

    /// <summary>A helper may call functions of the program, and so spend of its budget.</summary>
    public bool HasFunctionPointers { get; private init; }

    /// <summary>Helpers are called.</summary>
    public bool HasCalls { get; private set; }

    /// <summary>The program selects slots by itself.</summary>
    public bool Selects { get; private set; }

    /// <summary>The code must know what the budget is.</summary>
    public bool NeedsBudget => Graph.HasLoops || HasFunctionPointers;

    /// <summary>Whether the machine must know of an item of a batch before its run.</summary>
    public bool NeedsItem { get; private set; }

    /// <summary>Whether the machine must know of a bound program's run before it begins.</summary>
    public bool NeedsBegin => NeedsItem || NeedsBudget;

    /// <summary>Whether a run may end other than by an exit in generated code.</summary>
    public bool MayLeave { get; private set; }

    /// <summary>The program asks for the CPU.</summary>
    public bool AsksEnvironment { get; private set; }

    public static PreparedProgram Make(LoadedProgram program, FlowGraph graph, Specialization specialization)
    {
        Place packet = new(PlaceKind.Packet, Machine.PacketAddress, 0);
        ValueBlock[] blocks = Analyse(program, graph, StackPlan.None, specialization, packet);
        Dictionary<(int Function, int At), InlineCall> inlined = Inlining.Find(blocks, program, specialization);
        if (inlined.Count > 0)
        {
            blocks = Analyse(program, graph, new StackPlan(inlined), specialization, packet);
        }

        StackPlan plan = StackPlanner.Make(program, graph, blocks, specialization, inlined);
        if (plan.Slots.Count > 0)
        {
            blocks = Analyse(program, graph, plan, specialization, packet);
        }

        Simplification.Run(blocks);
        SsaBuilder.DropTrivialPhis(blocks, static value => value.Root());
        PhiFolding.Run(blocks);
        LoadCombining.Run(blocks);
        WidthAnalysis.Run(blocks);
        UseAnalysis.Run(blocks);
        PreparedProgram prepared = new(program, graph, blocks, plan, packet) { HasFunctionPointers = specialization.HasFunctionPointers };
        prepared.Summarise();
        return prepared;
    }

    private static ValueBlock[] Analyse(LoadedProgram program, FlowGraph graph, StackPlan plan, Specialization specialization, Place packet)
    {
        ValueBlock[] blocks = SsaBuilder.Build(program, graph, plan, specialization);
        ValueAnalysis.Run(blocks, specialization, packet);
        AccessPlanner.Run(blocks, program);
        return blocks;
    }

    private void Summarise()
    {
        foreach (Value value in Blocks.SelectMany(block => block.Values))
        {
            HasCalls |= value.Kind == ValueKind.Call;
            Selects |= value.Kind == ValueKind.Select;
            AsksEnvironment |= value.Kind == ValueKind.Cpu || (value.Kind == ValueKind.Lookup && Program.Maps[value.Map].Spec.Type == MapType.PerCpuArray);
            if (value.Kind is ValueKind.Load or ValueKind.Store or ValueKind.Atomic)
            {
                Fact address = ValueAnalysis.Of(value.Arguments[0]);
                NeedsItem |= value.Mode == AccessMode.Search || address.Place?.Kind == PlaceKind.Packet || value.Place?.Kind == PlaceKind.Packet;
                if (value.Mode == AccessMode.Proven && address.Place!.Kind == PlaceKind.Context)
                {
                    int end = (int)address.High + value.Size;
                    if (value.Kind == ValueKind.Load)
                    {
                        ReadContext = Math.Max(ReadContext, end);
                    }
                    else
                    {
                        WrittenContext = Math.Max(WrittenContext, end);
                    }
                }
            }
        }

        NeedsItem |= HasCalls;
        MayLeave = NeedsItem || NeedsBudget || Blocks.Any(block => block.Block.End == BlockEnd.Interpret)
            || Blocks.SelectMany(block => block.Values).Any(static value => value.Kind switch
            {
                ValueKind.Load or ValueKind.Store or ValueKind.Atomic => value.Mode != AccessMode.Proven,
                ValueKind.Lookup => value.State is not null,
                _ => false,
            });
    }
}
