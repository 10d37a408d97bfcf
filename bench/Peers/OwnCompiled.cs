using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;

namespace ReuseportPS.Bench.Peers;

/// <summary>The compiled form, one call for each packet.</summary>
internal sealed class OwnCompiled : OwnEngine<BoundProgram>
{
    public override string Name => "compiled";

    protected override BoundProgram Prepare(LoadedProgram program) => Machine.Bind(CompiledProgram.Compile(program), Packets, PacketSet.Size, countsInstructions: false);

    protected override void Pass(BoundProgram program)
    {
        ulong[] returned = Returned;
        int[] slots = Slots;
        for (int i = 0, start = Start; i < returned.Length; i++, start += PacketSet.Size)
        {
            returned[i] = program.Run(start);
            slots[i] = program.SelectedSlot;
        }
    }
}
