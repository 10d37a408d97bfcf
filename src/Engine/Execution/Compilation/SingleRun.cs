namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>One run: r0, or 0 after a fault, which the machine then holds.</summary>
internal delegate ulong SingleRun(Machine machine, ulong r1, ulong r2);
