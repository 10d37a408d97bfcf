namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>A fault of one run of a batch.</summary>
/// <param name="Item">Index of the item.</param>
/// <param name="Fault">The fault.</param>
public readonly record struct BatchFault(int Item, Fault Fault);
