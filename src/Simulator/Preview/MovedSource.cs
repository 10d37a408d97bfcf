namespace ReuseportPS.Simulator.Preview;

/// <summary>A source address with flows that move.</summary>
/// <param name="Address">The address.</param>
/// <param name="Flows">Its flows that move.</param>
/// <param name="Packets">Their packets.</param>
public sealed record MovedSource(string Address, long Flows, long Packets);
