using System.Net;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

public sealed class TraceFilterTests
{
    private static readonly FlowKey s_flow = new(
        IpFamily.V4,
        TransportProtocol.Udp,
        FlowKey.ToNumber(IPAddress.Parse("10.1.2.3")),
        FlowKey.ToNumber(IPAddress.Parse("192.0.2.1")),
        5555,
        53);

    public static TheoryData<TraceFilter, bool, string> Filters => new()
    {
        { new TraceFilter(), true, "" },
        { new TraceFilter { Protocol = TransportProtocol.Udp }, true, "udp" },
        { new TraceFilter { Protocol = TransportProtocol.Tcp }, false, "tcp" },
        { new TraceFilter { DestinationPorts = [new(50, 60), new(853, 853)] }, true, "to port 50-60, 853" },
        { new TraceFilter { DestinationPorts = [new(5555, 5555)] }, false, "to port 5555" },
        { new TraceFilter { Destinations = [Prefix("192.0.2.0/24")] }, true, "to 192.0.2.0/24" },
        { new TraceFilter { Destinations = [Prefix("10.0.0.0/8")] }, false, "to 10.0.0.0/8" },
        { new TraceFilter { Sources = [Prefix("2001:db8::/32"), Prefix("10.1.0.0/16")] }, true, "from 2001:db8::/32, 10.1.0.0/16" },
        { new TraceFilter { Sources = [Prefix("::/0")] }, false, "from ::/0" },
        { new TraceFilter { Protocol = TransportProtocol.Udp, DestinationPorts = [new(54, 54)] }, false, "udp to port 54" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_flow_is_kept_when_every_condition_holds(TraceFilter filter, bool kept, string text)
    {
        Assert.Equal(kept, filter.Matches(s_flow));
        Assert.Equal(text, filter.ToString());
    }

    [Fact]
    public void What_is_left_out_is_counted()
    {
        GeneratedTrace trace = new(new GeneratedTraceOptions { Flows = 200, PacketsPerFlow = 3 });
        IPacketSource filtered = new TraceFilter { Sources = [Prefix("0.0.0.0/0")] }.Apply(trace);
        using IPacketReader reader = filtered.Open();
        long packets = 0;
        while (reader.TryRead(out Packet packet))
        {
            Assert.Equal(IpFamily.V4, packet.Flow.Family);
            packets++;
        }

        Assert.InRange(packets, 1, 599);
        Assert.Equal(TraceStatistics.Empty with { Records = 600, Packets = packets, Filtered = 600 - packets }, reader.Statistics);
        Assert.Equal("generated, seed 0, from 0.0.0.0/0", filtered.Description);
        Assert.Equal(1.0, reader.Progress);
    }

    private static AddressPrefix Prefix(string text) => AddressPrefix.TryParse(text, out AddressPrefix prefix, out _) ? prefix : throw new ArgumentException(text);
}
