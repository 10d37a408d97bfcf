using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>A flow that a flow table knows.</summary>
/// <param name="Table">Number of the table, among the policy's sticky actions in their order.</param>
/// <param name="Flow">The flow.</param>
/// <param name="Slot">The slot that it is kept for.</param>
/// <param name="Generation">Whose turn in the seat it was.</param>
/// <param name="Age">Nanoseconds since its last packet that the table took note of.</param>
public sealed record RememberedFlow(int Table, FlowKey Flow, int Slot, uint Generation, ulong Age);
