namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>A piece of a stack frame that is only ever read and written as a whole.</summary>
/// <param name="Function">Whose frame.</param>
/// <param name="Offset">Bytes from the frame's start.</param>
/// <param name="Size">Bytes.</param>
internal readonly record struct StackSlot(FunctionInstance Function, int Offset, int Size);
