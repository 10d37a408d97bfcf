namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What the interpreter would need to go on before an instruction: the variables that may still be read.</summary>
internal sealed record MachineState(FunctionInstance Function, int At, (int Variable, Value Value)[] Variables);
