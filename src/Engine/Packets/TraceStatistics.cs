using System.Globalization;

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

    /// <summary>One line: <c>20 records: 17 packets (1 cut short), 2 of other protocols, 1 malformed</c>.</summary>
    public override string ToString()
    {
        (long Count, string What)[] kinds =
        [
            (Filtered, "filtered"), (OtherPartition, "of other parts"), (OtherProtocol, "of other protocols"), (Reassembled, "fragments put together"),
            (Fragments, "fragments left over"), (NotReceived, "not received"), (Malformed, "malformed"), (UnknownLinkType, "of unknown link types"),
        ];
        string cut = CutShort > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({CutShort} cut short)") : "";
        string others = string.Concat(kinds.Where(kind => kind.Count > 0).Select(kind => string.Create(CultureInfo.InvariantCulture, $", {kind.Count} {kind.What}")));
        return string.Create(CultureInfo.InvariantCulture, $"{Records} records: {Packets} packets{cut}{others}");
    }

    /// <summary>Nothing read yet.</summary>
    public static TraceStatistics Empty { get; } = new(0, 0, 0, 0, 0, 0, 0, 0);
}
