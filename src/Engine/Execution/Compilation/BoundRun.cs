namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>One run: r0, or 0 after a fault, which the bound program then holds.</summary>
internal delegate ulong BoundRun(ref byte context);
