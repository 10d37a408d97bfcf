using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>The flows of a trace.</summary>
public static class FlowOpenings
{
    /// <summary>
    /// The first packet of every flow, each flow once, in the order of the trace: for UDP the first datagram, for TCP the SYN. A TCP
    /// flow without a SYN in the trace was decided before it began, and is left out.
    /// </summary>
    public static IReadOnlyList<FlowOpening> Of(IPacketSource trace, CancellationToken cancellation = default)
    {
        HashSet<FlowKey> seen = [];
        List<FlowOpening> openings = [];
        using IPacketReader reader = trace.Open(cancellation);
        while (reader.TryRead(out Packet packet))
        {
            cancellation.ThrowIfCancellationRequested();
            bool udp = packet.Flow.Protocol == TransportProtocol.Udp;
            if ((udp || packet.IsPureSyn) && seen.Add(packet.Flow))
            {
                openings.Add(new FlowOpening(packet.Flow, udp ? [.. UdpPayload(packet)] : []));
            }
        }

        return openings;
    }

    private static ReadOnlySpan<byte> UdpPayload(in Packet packet)
    {
        const int UdpHeaderLength = 8;
        ReadOnlySpan<byte> transport = packet.Data.Span[packet.TransportOffset..];
        return transport.Length <= UdpHeaderLength ? default : transport[UdpHeaderLength..];
    }
}
