namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>A piece of memory, or a map, that pointers lead to.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Address of its first byte; 0 for <see cref="PlaceKind.Row"/>.</param>
/// <param name="Size">Bytes that an access may count on; 0 when only the run knows.</param>
/// <param name="Function">Whose stack frame.</param>
/// <param name="Map">Index of the map in the program's.</param>
internal sealed record Place(PlaceKind Kind, ulong Start, int Size, FunctionInstance? Function = null, int Map = -1);
