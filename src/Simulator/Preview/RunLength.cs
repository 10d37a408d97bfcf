namespace ReuseportPS.Simulator.Preview;

/// <summary>How many runs of a program executed that many instructions.</summary>
/// <param name="Instructions">Instructions executed.</param>
/// <param name="Runs">Runs.</param>
public sealed record RunLength(long Instructions, long Runs);
