using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>The first packet of a flow, as a client sends it: a UDP datagram, or a TCP connection attempt.</summary>
/// <param name="Flow">The five-tuple.</param>
/// <param name="Payload">UDP payload; nothing for TCP.</param>
public sealed record FlowOpening(FlowKey Flow, ImmutableArray<byte> Payload);
