namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>One load in the place of several of a byte each.</summary>
/// <param name="First">The load of the byte at the lowest address.</param>
/// <param name="Size">Bytes.</param>
/// <param name="IsSwapped">The byte at the lowest address is the highest of the number.</param>
internal sealed record CombinedLoad(Value First, int Size, bool IsSwapped);
