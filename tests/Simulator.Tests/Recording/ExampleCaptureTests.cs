using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Tests;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>The capture in examples/ holds what tcpdump finds in it (<c>tcpdump -n -r FILE FILTER | wc -l</c>) and its README says.</summary>
public sealed class ExampleCaptureTests
{
    [Fact]
    public void The_example_capture_holds_what_tcpdump_counts_in_it()
    {
        List<(FlowKey Flow, bool Syn)> packets = [];
        using IPacketReader reader = new CaptureFile(RepositoryRoot.Combine("examples", "dns-and-http.pcap")).Open();
        while (reader.TryRead(out Packet packet))
        {
            packets.Add((packet.Flow, packet.IsPureSyn));
        }

        Assert.Null(reader.Failure);
        Assert.Equal(TraceStatistics.Empty with { Records = 1350, Packets = 1350 }, reader.Statistics);
        Assert.Equal(250, packets.Count(packet => packet.Flow is { Protocol: TransportProtocol.Udp, Family: IpFamily.V4 }));
        Assert.Equal(150, packets.Count(packet => packet.Flow is { Protocol: TransportProtocol.Udp, Family: IpFamily.V6 }));
        Assert.Equal(650, packets.Count(packet => packet.Flow is { Protocol: TransportProtocol.Tcp, Family: IpFamily.V4 }));
        Assert.Equal(300, packets.Count(packet => packet.Flow is { Protocol: TransportProtocol.Tcp, Family: IpFamily.V6 }));
        Assert.Equal(100, packets.Count(packet => packet is { Syn: true, Flow.Family: IpFamily.V4 }));
        Assert.Equal(50, packets.Count(packet => packet is { Syn: true, Flow.Family: IpFamily.V6 }));
        Assert.Equal(550, packets.Select(packet => packet.Flow).Distinct().Count());
        Assert.Equal<ushort>([53, 80], packets.Select(packet => packet.Flow.DestinationPort).Distinct().Order());
    }
}
