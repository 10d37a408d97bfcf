using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Packets;

/// <summary>The packet that opens a flow, as Linux sends it over loopback.</summary>
public static class FlowPacket
{
    /// <summary>A datagram, or a SYN with the options of Linux, which carries no payload. At time 0, on no CPU in particular.</summary>
    /// <exception cref="ArgumentException">A SYN was given a payload.</exception>
    public static Packet Create(FlowKey flow, ReadOnlySpan<byte> payload)
    {
        if (flow.Protocol == TransportProtocol.Udp)
        {
            return PacketWriter.Datagram(flow, payload, timestamp: 0, cpu: -1);
        }

        return payload.IsEmpty
            ? PacketWriter.SynSegment(flow, sequence: 0, timestampValue: 0, data: [], timestamp: 0, cpu: -1)
            : throw new ArgumentException("A SYN carries no payload.", nameof(payload));
    }
}
