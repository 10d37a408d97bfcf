namespace ReuseportPS.Engine.Packets;

/// <summary>What a reader saw: every record of the input is in exactly one of the counts below <see cref="Records"/>.</summary>
/// <param name="Records">Records read from the input.</param>
/// <param name="Packets">Packets handed out: TCP or UDP, complete enough to decide.</param>
/// <param name="Filtered">Packets that a filter of the trace left out.</param>
/// <param name="OtherProtocol">Neither TCP nor UDP over IP (ARP, ICMP, …), or a later fragment of a datagram.</param>
/// <param name="Malformed">Headers that contradict themselves or are cut short by the capture.</param>
public sealed record TraceStatistics(long Records, long Packets, long Filtered, long OtherProtocol, long Malformed);
