namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>A bound program whose contexts, budget or maps are not what the code for single calls is made for: each run is the machine's.</summary>
internal sealed class BoundOnMachine(Machine machine, CompiledProgram program, byte[] contexts, int length, bool writable, bool counts)
    : BoundProgram(machine, program, contexts, length, writable, counts)
{
    protected internal override ulong RunCode(ref byte context) => RunOnMachine(ref context);
}
