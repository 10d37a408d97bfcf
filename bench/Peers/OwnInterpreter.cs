using ReuseportPS.Engine.Execution;

namespace ReuseportPS.Bench.Peers;

/// <summary>The interpreter, one call for each packet.</summary>
internal sealed class OwnInterpreter : OwnEngine<LoadedProgram>
{
    public override string Name => "interpreter";

    protected override LoadedProgram Prepare(LoadedProgram program) => program;

    protected override void Pass(LoadedProgram program)
    {
        for (Current = 0; Current < PacketSet.Count; Current++)
        {
            Machine.Context.SetFlat(Packets, Current * PacketSet.Size, PacketSet.Size, writable: false);
            Returned[Current] = (uint)Machine.Run(program).ReturnValue;
        }
    }
}
