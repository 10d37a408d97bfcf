namespace ReuseportPS.Engine.Packets;

/// <summary>
/// What a reader saw. Every record of the input is in exactly one of <see cref="Packets"/>, <see cref="Filtered"/>,
/// <see cref="OtherProtocol"/>, <see cref="Fragments"/>, <see cref="NotReceived"/> and <see cref="Malformed"/>.
/// </summary>
/// <param name="Records">Records read from the input.</param>
/// <param name="Packets">Packets handed out: TCP or UDP, complete enough to decide.</param>
/// <param name="Filtered">Packets that a filter of the trace left out.</param>
/// <param name="OtherProtocol">Nothing for a TCP or UDP socket of this host (ARP, ICMP, …): <see cref="ParseOutcome.OtherProtocol"/>.</param>
/// <param name="Fragments">IP fragments, first and later ones. They are not reassembled, so their datagrams are not decided.</param>
/// <param name="NotReceived">Frames that the capturing host sent itself or that were for another host, where the capture says so.</param>
/// <param name="Malformed">Headers that contradict themselves, which the kernel drops, or that are cut short by the capture.</param>
/// <param name="CutShort">Of <see cref="Packets"/>, those whose payload the capture holds only in part.</param>
public sealed record TraceStatistics(
    long Records, long Packets, long Filtered, long OtherProtocol, long Fragments, long NotReceived, long Malformed, long CutShort)
{
    /// <summary>Nothing read yet.</summary>
    public static TraceStatistics Empty { get; } = new(0, 0, 0, 0, 0, 0, 0, 0);
}
