using ReuseportPS.Engine.Execution;

namespace ReuseportPS.Bench.Peers;

/// <summary>The interpreter, one call for each packet.</summary>
internal sealed class OwnInterpreter : OwnEngine<LoadedProgram>
{
    public override string Name => "interpreter";

    protected override LoadedProgram Prepare(LoadedProgram program) => program;

    protected override void Pass(LoadedProgram program)
    {
        for (int i = 0; i < PacketSet.Count; i++)
        {
            Machine.Context.SetFlat(Packets, Start + (i * PacketSet.Size), PacketSet.Size, writable: false);
            Returned[i] = Machine.Run(program).ReturnValue;
            Slots[i] = Machine.SelectedSlot;
        }
    }
}
