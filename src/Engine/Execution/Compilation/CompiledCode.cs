namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Generated code for one <see cref="Specialization"/> of a program.</summary>
internal sealed class CompiledCode
{
    private readonly PreparedProgram _prepared;
    private BatchRun? _batch;

    public CompiledCode(LoadedProgram program, FlowGraph graph, Specialization specialization)
    {
        _prepared = PreparedProgram.Make(program, graph, specialization);
        Single = CodeGenerator.GenerateSingle(_prepared);
    }

    public SingleRun Single { get; }

    public BatchRun Batch => _batch ??= CodeGenerator.GenerateBatch(_prepared);

    /// <summary>Has the machine code made.</summary>
    public void Prepare() => System.Runtime.CompilerServices.RuntimeHelpers.PrepareDelegate(Single);
}
