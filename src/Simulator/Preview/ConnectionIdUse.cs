using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>One connection id in a trace.</summary>
/// <param name="Id">The id.</param>
/// <param name="Finding">The slot that it names, by the rule that takes its datagrams, and why.</param>
/// <param name="Packets">Datagrams that carry it.</param>
/// <param name="Slots">Where the program sent them, ascending.</param>
public sealed record ConnectionIdUse(ImmutableArray<byte> Id, ConnectionIdFinding Finding, long Packets, ImmutableArray<int> Slots);
