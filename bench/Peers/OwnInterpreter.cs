using ReuseportPS.Engine.Execution;

namespace ReuseportPS.Bench.Peers;

/// <summary>The interpreter, one call for each packet.</summary>
internal sealed class OwnInterpreter : OwnEngine
{
    public override string Name => "interpreter";

    protected override void Pass(LoadedProgram program) => Each(() => Machine.Run(program));
}
