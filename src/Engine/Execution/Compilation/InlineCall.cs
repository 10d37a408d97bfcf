namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>A helper call that generated code does itself.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Map">Index of the map; -1 for none.</param>
internal readonly record struct InlineCall(InlineKind Kind, int Map);
