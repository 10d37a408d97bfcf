using System.Reflection.Emit;
using ReuseportPS.Engine.Execution.Compilation.Lanes;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Generated code for one <see cref="Specialization"/> of a program, in each <see cref="CodeForm"/>; all but the first are made when first used.</summary>
internal sealed class CompiledCode
{
    private readonly LoadedProgram _program;
    private readonly PreparedProgram _prepared;
    private readonly DynamicMethod _single;
    private readonly Lazy<LanePlan?> _lanePlan;
    private readonly BoundFactory?[] _bound = new BoundFactory?[2];
    private readonly BatchRun?[] _batch = new BatchRun?[2];
    private readonly BatchRun?[] _lanes = new BatchRun?[2];

    public CompiledCode(LoadedProgram program, FlowGraph graph, Specialization specialization)
    {
        _program = program;
        _prepared = PreparedProgram.Make(program, graph, specialization);
        _lanePlan = new Lazy<LanePlan?>(() => LanePlan.Make(_prepared));
        _single = CodeGenerator.GenerateSingle(_prepared);
        Single = _single.CreateDelegate<SingleRun>(program);
    }

    /// <summary>The same code for the same program with other maps.</summary>
    public CompiledCode(LoadedProgram program, CompiledCode like)
    {
        _program = program;
        (_prepared, _lanePlan, _single) = (like._prepared, like._lanePlan, like._single);
        Single = _single.CreateDelegate<SingleRun>(program);
    }

    public SingleRun Single { get; }

    /// <summary>The code for batches.</summary>
    /// <param name="counts">Whether it counts instructions for others than itself.</param>
    public BatchRun Batch(bool counts) => _batch[counts ? 1 : 0] ??= CodeGenerator.GenerateBatch(_prepared, counts).CreateDelegate<BatchRun>(_program);

    /// <summary>What makes bound programs with this code.</summary>
    /// <param name="counts">Whether it counts instructions for others than itself.</param>
    public BoundFactory Bound(bool counts) => _bound[counts ? 1 : 0] ??= CodeGenerator.GenerateBound(_prepared, counts);

    /// <summary>Whether batches and bound programs may have contexts of a length, and a budget.</summary>
    public bool Suits(int length, bool writable, long budget) =>
        length >= _prepared.ReadContext && (writable ? length : 0) >= _prepared.WrittenContext && budget >= _prepared.Graph.LongestWay;

    /// <summary>How several contexts of a batch are taken at once; null when they are better taken one by one.</summary>
    public LanePlan? LanePlan => _lanePlan.Value;

    /// <summary>The code for batches that <see cref="LanePlan"/> is for.</summary>
    /// <param name="counts">Whether it counts instructions.</param>
    public BatchRun Lanes(bool counts) => _lanes[counts ? 1 : 0] ??= LaneGenerator.Generate(LanePlan!, counts).CreateDelegate<BatchRun>(_program);

    /// <summary>Has the machine code made.</summary>
    public void Prepare() => System.Runtime.CompilerServices.RuntimeHelpers.PrepareDelegate(Single);
}
