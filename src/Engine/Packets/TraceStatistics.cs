namespace ReuseportPS.Engine.Packets;

/// <summary>
/// What a reader saw. Every record of the input is in exactly one of <see cref="Packets"/>, <see cref="Filtered"/>,
/// <see cref="OtherProtocol"/>, <see cref="Fragments"/>, <see cref="Reassembled"/>, <see cref="NotReceived"/>, <see cref="Malformed"/>,
/// <see cref="UnknownLinkType"/> and <see cref="OtherPartition"/>.
/// </summary>
/// <param name="Records">Records read from the input.</param>
/// <param name="Packets">Packets handed out: TCP or UDP, complete enough to decide.</param>
/// <param name="Filtered">Packets that a filter of the trace left out.</param>
/// <param name="OtherProtocol">Nothing for a TCP or UDP socket of this host (ARP, ICMP, …): <see cref="ParseOutcome.OtherProtocol"/>.</param>
/// <param name="Fragments">IP fragments whose datagram is not complete: others are missing, came too late, or overlap. It is not decided.</param>
/// <param name="NotReceived">Frames that the capturing host sent itself or that were for another host, where the capture says so.</param>
/// <param name="Malformed">Headers that contradict themselves, which the kernel drops, or that are cut short by the capture.</param>
/// <param name="CutShort">Of <see cref="Packets"/>, those whose payload the capture holds only in part.</param>
public sealed record TraceStatistics(
    long Records, long Packets, long Filtered, long OtherProtocol, long Fragments, long NotReceived, long Malformed, long CutShort)
{
    /// <summary>IP fragments of complete datagrams, all but the one that completed it: that one's record is the datagram's.</summary>
    public long Reassembled { get; init; }

    /// <summary>Frames of a link type that is not known here. (A pcap file that has one only is refused.)</summary>
    public long UnknownLinkType { get; init; }

    /// <summary>Packets that belong to another part of the trace, where only a part is read.</summary>
    public long OtherPartition { get; init; }

    /// <summary>Nothing read yet.</summary>
    public static TraceStatistics Empty { get; } = new(0, 0, 0, 0, 0, 0, 0, 0);
}
