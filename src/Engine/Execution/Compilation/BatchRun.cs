namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// The runs of a batch, from an item on: up to the first item that the generated code does not end by itself, or all. Returns the index of that item, or
/// the number of items.
/// </summary>
internal delegate int BatchRun(Machine machine, ref byte contexts, ref ulong results, ref int slots, int first);
