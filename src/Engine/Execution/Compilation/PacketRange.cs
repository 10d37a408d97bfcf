namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Bytes of <see cref="ContextBatch.Packets"/> that are an item's packet.</summary>
/// <param name="Start">Index of the first.</param>
/// <param name="Length">How many.</param>
public readonly record struct PacketRange(int Start, int Length);
