using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Datagrams that a kernel may take for one, and that by themselves would not all go to the same slot.</summary>
/// <param name="Flow">The five-tuple.</param>
/// <param name="Timestamp">Time of the first, in nanoseconds as in the trace.</param>
/// <param name="Index">Position of the first in the trace.</param>
/// <param name="Slot">The slot of the first, where all go; -1 for none.</param>
/// <param name="Packets">How many they are.</param>
/// <param name="Misrouted">How many would go to another slot by themselves.</param>
/// <param name="Ids">The different ids in them that servers issued, in order.</param>
public sealed record MixedTrain(FlowKey Flow, long Timestamp, long Index, int Slot, int Packets, int Misrouted, ImmutableArray<ImmutableArray<byte>> Ids);
