using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Preview;

/// <summary>A trace written down packet by packet: <c>udp 10.1.2.3:4000 -> 192.0.2.1:53</c>, for TCP with flags, <c>S</c> or <c>A</c>, at the end.</summary>
internal sealed class PacketList : IPacketSource
{
    private readonly Packet[] _packets;

    public PacketList(params string[] lines) => _packets = [.. lines.Select(Parse)];

    public PacketList(IEnumerable<FlowKey> flows) => _packets = [.. flows.Select((flow, index) => Build(flow, 0x02, index))];

    public PacketList(IEnumerable<Packet> packets) => _packets = [.. packets];

    public string Description => "list";

    public Diagnostic? Failure { get; init; }

    public IReadOnlyList<Packet> Packets => _packets;

    public IPacketReader Open() => new Reader(this);

    private static Packet Parse(string line, int index)
    {
        string[] words = line.Split(' ');
        System.Net.IPEndPoint source = System.Net.IPEndPoint.Parse(words[1]);
        System.Net.IPEndPoint destination = System.Net.IPEndPoint.Parse(words[3]);
        FlowKey flow = new(
            words[1].Contains('[', StringComparison.Ordinal) ? IpFamily.V6 : IpFamily.V4,
            words[0] == "tcp" ? TransportProtocol.Tcp : TransportProtocol.Udp,
            FlowKey.ToNumber(source.Address),
            FlowKey.ToNumber(destination.Address),
            (ushort)source.Port,
            (ushort)destination.Port);
        return Build(flow, words.Length > 4 && words[4] == "S" ? (byte)0x02 : (byte)0x10, index);
    }

    /// <summary>100 bytes of payload, one packet per millisecond.</summary>
    private static Packet Build(FlowKey flow, byte flags, int index)
    {
        PacketBuilder builder = new(100);
        bool isTcp = flow.Protocol == TransportProtocol.Tcp;
        int length = isTcp ? builder.WriteTcp(flow, 0, flags, 1, new byte[100]) : builder.WriteUdp(flow, 0, new byte[100]);
        int offset = IpHeader.LengthOf(flow.Family);
        return new Packet
        {
            Timestamp = index * 1_000_000L,
            Cpu = -1,
            Data = builder.Memory[..length],
            TransportOffset = offset,
            TransportLength = length - offset,
            Flow = flow,
            TcpFlags = isTcp ? flags : (byte)0,
            Index = index,
        };
    }

    private sealed class Reader(PacketList list) : IPacketReader
    {
        private int _next;

        public TraceStatistics Statistics => TraceStatistics.Empty with { Records = _next, Packets = _next };

        public double? Progress => (double)_next / list._packets.Length;

        public Diagnostic? Failure => _next == list._packets.Length ? list.Failure : null;

        public bool TryRead(out Packet packet)
        {
            bool more = _next < list._packets.Length;
            packet = more ? list._packets[_next++] : default;
            return more;
        }

        public void Dispose()
        {
        }
    }
}
