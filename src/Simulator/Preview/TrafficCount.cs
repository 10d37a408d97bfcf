namespace ReuseportPS.Simulator.Preview;

/// <summary>How much traffic went one way.</summary>
/// <param name="Packets">Packets.</param>
/// <param name="Flows">Flows whose first decision was this one.</param>
/// <param name="Bytes">Bytes of IP packets as sent.</param>
/// <param name="PacketShare">Share of the decided packets, 0 to 1; null for what was not decided, and when nothing was.</param>
/// <param name="FlowShare">Share of the decided flows, likewise.</param>
public sealed record TrafficCount(long Packets, long Flows, long Bytes, double? PacketShare, double? FlowShare);
