namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>The runs of a batch: the number of instructions executed.</summary>
internal delegate long BatchRun(Machine machine, ref byte contexts, ref ulong results);
