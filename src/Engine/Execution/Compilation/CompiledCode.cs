using ReuseportPS.Engine.Execution.Compilation.Lanes;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Generated code for one <see cref="Specialization"/> of a program.</summary>
internal sealed class CompiledCode
{
    private readonly PreparedProgram _prepared;
    private readonly Lazy<LanePlan?> _lanePlan;
    private BatchRun? _batch;
    private BatchRun? _lanes;

    public CompiledCode(LoadedProgram program, FlowGraph graph, Specialization specialization)
    {
        _prepared = PreparedProgram.Make(program, graph, specialization);
        _lanePlan = new Lazy<LanePlan?>(() => LanePlan.Make(_prepared));
        Single = CodeGenerator.GenerateSingle(_prepared);
    }

    public SingleRun Single { get; }

    public BatchRun Batch => _batch ??= CodeGenerator.GenerateBatch(_prepared);

    /// <summary>How several contexts of a batch are taken at once; null when they are better taken one by one.</summary>
    public LanePlan? LanePlan => _lanePlan.Value;

    /// <summary>The batch form that <see cref="LanePlan"/> is for.</summary>
    public BatchRun Lanes => _lanes ??= LaneGenerator.Generate(_prepared.Program, LanePlan!);

    /// <summary>Has the machine code made.</summary>
    public void Prepare() => System.Runtime.CompilerServices.RuntimeHelpers.PrepareDelegate(Single);
}
