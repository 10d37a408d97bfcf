using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;

namespace ReuseportPS.Bench.Peers;

/// <summary>The compiled form, one call for all packets.</summary>
internal sealed class OwnBatch : OwnEngine<CompiledProgram>
{
    private readonly ContextBatch _batch;

    public OwnBatch() => _batch = new ContextBatch(Packets, PacketSet.Size, PacketSet.Size, PacketSet.Count, Start) { SelectedSlots = Slots, CountsInstructions = false };

    public override string Name => "compiled batch";

    protected override CompiledProgram Prepare(LoadedProgram program) => CompiledProgram.Compile(program);

    protected override void Pass(CompiledProgram program) => _ = Machine.Run(program, _batch, Returned);
}
