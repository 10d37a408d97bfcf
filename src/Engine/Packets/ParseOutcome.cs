namespace ReuseportPS.Engine.Packets;

/// <summary>What a frame turned out to be.</summary>
public enum ParseOutcome
{
    /// <summary>A TCP segment or UDP datagram, complete enough to decide.</summary>
    Packet,

    /// <summary>Nothing that reaches a TCP or UDP socket here: ARP, ICMP, ESP, a source route that goes on to another host.</summary>
    OtherProtocol,

    /// <summary>An IP fragment, first or later. A program meets the reassembled datagram: <see cref="PacketParser.ParseFragment"/> tells what of it this is.</summary>
    Fragment,

    /// <summary>A frame that the capture marks as sent by the capturing host, or as addressed to another one (Linux cooked captures say so).</summary>
    NotReceived,

    /// <summary>Headers that contradict themselves, which the kernel drops, or that are cut short by the capture.</summary>
    Malformed,
}
