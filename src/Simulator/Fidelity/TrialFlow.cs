using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>What is sent once: a connection attempt, a datagram, or a train of datagrams.</summary>
/// <param name="Opening">Flow and payload.</param>
/// <param name="SegmentSize">Bytes of each datagram of a train (UDP_SEGMENT); 0 for one datagram.</param>
/// <param name="CookieAt">Where in the payload the cookie of a socket stands, which each host has its own of; -1 for nowhere.</param>
/// <param name="CookieOf">Slot of that socket.</param>
internal sealed record TrialFlow(FlowOpening Opening, int SegmentSize = 0, int CookieAt = -1, int CookieOf = -1)
{
    public FlowKey Flow => Opening.Flow;

    /// <summary>Datagrams that arrive.</summary>
    public int Count => SegmentSize == 0 ? 1 : Math.Max(1, (Opening.Payload.Length + SegmentSize - 1) / SegmentSize);

    /// <summary>The payload on one host.</summary>
    /// <param name="cookie">The cookie there, as nginx writes it: the most significant byte first.</param>
    public byte[] Payload(ulong cookie)
    {
        byte[] payload = [.. Opening.Payload];
        if (CookieAt >= 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(CookieAt), cookie);
        }

        return payload;
    }

    public override string ToString() => Flow.Protocol == TransportProtocol.Tcp ? $"{Flow}"
        : $"{Flow}, {Opening.Payload.Length} bytes{(SegmentSize > 0 ? $" in {Count} datagrams" : "")}{(CookieAt >= 0 ? $", cookie of slot {CookieOf}" : "")}";
}
