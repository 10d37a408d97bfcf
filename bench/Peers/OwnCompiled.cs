using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;

namespace ReuseportPS.Bench.Peers;

/// <summary>The compiled form, one call for each packet.</summary>
internal sealed class OwnCompiled : OwnEngine<CompiledProgram>
{
    public override string Name => "compiled";

    protected override CompiledProgram Prepare(LoadedProgram program) => CompiledProgram.Compile(program);

    protected override void Pass(CompiledProgram program)
    {
        for (int i = 0; i < PacketSet.Count; i++)
        {
            Machine.Context.SetFlat(Packets, i * PacketSet.Size, PacketSet.Size, writable: false);
            Returned[i] = Machine.Run(program).ReturnValue;
            Slots[i] = Machine.SelectedSlot;
        }
    }
}
