using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;

namespace ReuseportPS.Bench.Peers;

/// <summary>The compiled form, one call for all packets.</summary>
internal sealed class OwnBatch : OwnEngine<CompiledProgram>
{
    private readonly ContextBatch _batch;
    private readonly ulong[] _results = new ulong[PacketSet.Count];

    public OwnBatch() => _batch = new ContextBatch(Packets, PacketSet.Size, PacketSet.Size, PacketSet.Count);

    public override string Name => "compiled batch";

    protected override CompiledProgram Prepare(LoadedProgram program) => CompiledProgram.Compile(program);

    protected override int Item(Machine machine) => machine.BatchItem;

    protected override void Pass(CompiledProgram program)
    {
        _ = Machine.Run(program, _batch, _results);
        for (int i = 0; i < _results.Length; i++)
        {
            Returned[i] = (uint)_results[i];
        }
    }
}
