namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Makes a bound program: see <see cref="Machine.Bind"/>.</summary>
internal delegate BoundProgram BoundFactory(Machine machine, CompiledProgram program, byte[] contexts, int length, bool writable, bool counts);
