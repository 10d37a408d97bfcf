using System.Net;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Cpus;

namespace ReuseportPS.Simulator.Tests.Cpus;

public sealed class ReceiveSideScalingTests
{
    private static readonly ReceiveSideScaling s_published = new([], [], 4);

    /// <summary>Microsoft, "Verifying the RSS Hash Calculation": source, destination, hash of the addresses, hash with the ports.</summary>
    [Theory]
    [InlineData("66.9.149.187:2794", "161.142.100.80:1766", 0x323e8fc2, 0x51ccc178)]
    [InlineData("199.92.111.2:14230", "65.69.140.83:4739", 0xd718262a, 0xc626b0ea)]
    [InlineData("24.19.198.95:12898", "12.22.207.184:38024", 0xd2d0a5de, 0x5c2b394a)]
    [InlineData("38.27.205.30:48228", "209.142.163.6:2217", 0x82989176, 0xafc7327f)]
    [InlineData("153.39.163.191:44251", "202.188.127.2:1303", 0x5d1809c5, 0x10e828a2)]
    [InlineData("[3ffe:2501:200:1fff::7]:2794", "[3ffe:2501:200:3::1]:1766", 0x2cc18cd5, 0x40207d3d)]
    [InlineData("[3ffe:501:8::260:97ff:fe40:efab]:14230", "[ff02::1]:4739", 0x0f0c461c, 0xdde51bbf)]
    [InlineData("[3ffe:1900:4545:3:200:f8ff:fe21:67cf]:44251", "[fe80::200:f8ff:fe21:67cf]:38024", 0x4b61e985, 0x02d1feef)]
    public void Published_vectors(string source, string destination, uint addresses, uint withPorts)
    {
        FlowKey flow = Flow(source, destination, TransportProtocol.Tcp);
        Assert.Equal(addresses, s_published.Hash(flow, withPorts: false));
        Assert.Equal(withPorts, s_published.Hash(flow, withPorts: true));
    }

    [Fact]
    public void The_table_names_the_cpu()
    {
        FlowKey tcp = Flow("66.9.149.187:2794", "161.142.100.80:1766", TransportProtocol.Tcp);
        FlowKey udp = tcp with { Protocol = TransportProtocol.Udp };
        Assert.Equal((int)(0x51ccc178 % 128 % 4), s_published.CpuOf(tcp));
        Assert.Equal((int)(0x323e8fc2 % 128 % 4), s_published.CpuOf(udp));
        Assert.Equal((int)(0x51ccc178 % 128 % 4), new ReceiveSideScaling([], [], 4, udpPorts: true).CpuOf(udp));
        Assert.Equal(3, new ReceiveSideScaling([], [3], 4).CpuOf(tcp));
        Assert.Equal(7, new ReceiveSideScaling(new byte[40], [7, 1, 2], 8).CpuOf(tcp));
    }

    [Fact]
    public void A_key_of_another_length_and_a_cpu_that_is_not_there_are_refused()
    {
        Assert.Contains("40 bytes", Assert.Throws<ArgumentException>(() => new ReceiveSideScaling(new byte[39], [], 4)).Message, StringComparison.Ordinal);
        Assert.Contains("CPU 4", Assert.Throws<ArgumentException>(() => new ReceiveSideScaling([], [0, 4], 4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packet_is_processed_where_the_options_say()
    {
        Packet packet = new() { Timestamp = 0, Cpu = 3, Data = default, TransportOffset = 0, TransportLength = 0, Flow = Flow("66.9.149.187:2794", "161.142.100.80:1766", TransportProtocol.Tcp) };
        SimulatorOptions options = new() { PinnedCpu = 1 };
        Assert.Equal(1, CpuOf(options, packet));
        Assert.Equal(3, CpuOf(options with { PacketCpuSource = PacketCpuSource.Trace }, packet));
        Assert.Equal(1, CpuOf(options with { PacketCpuSource = PacketCpuSource.Trace }, packet with { Cpu = -1 }));
        Assert.Equal((int)(0x51ccc178 % 128 % 4), CpuOf(options with { PacketCpuSource = PacketCpuSource.Rss }, packet));
        Assert.Equal("RPS5202", Assert.Throws<DiagnosticException>(() => CpuOf(options with { PacketCpuSource = PacketCpuSource.Trace, CpuCount = 3 }, packet)).Diagnostics[0].Code);
    }

    private static int CpuOf(SimulatorOptions options, Packet packet)
    {
        using SimulatorBackend backend = new(options);
        return backend.CpuOf(packet);
    }

    private static FlowKey Flow(string source, string destination, TransportProtocol protocol)
    {
        IPEndPoint from = IPEndPoint.Parse(source);
        IPEndPoint to = IPEndPoint.Parse(destination);
        return new FlowKey(
            from.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6, protocol,
            FlowKey.ToNumber(from.Address), FlowKey.ToNumber(to.Address), (ushort)from.Port, (ushort)to.Port);
    }
}
