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
        for (Current = 0; Current < PacketSet.Count; Current++)
        {
            Machine.Context.SetFlat(Packets, Current * PacketSet.Size, PacketSet.Size, writable: false);
            Returned[Current] = (uint)Machine.Run(program).ReturnValue;
        }
    }
}
