using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>What does not arrive as it was sent: a train of datagrams (UDP_SEGMENT) as one packet, a datagram in fragments put together again.</summary>
public abstract class TrainContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const int DefaultMtu = 65536;
    private const uint UdpHeader = 8;

    /// <summary>
    /// Bytes sent at once, the size of a datagram, what arrives: the program runs once, over the whole train, of which the UDP header alone is linear, and every
    /// datagram goes to the member that it selected.
    /// </summary>
    [Theory]
    [InlineData("udp4", 1000, 100, 10, 100)]
    [InlineData("udp4", 1050, 100, 11, 50)]
    [InlineData("udp4", 101, 100, 2, 1)]
    [InlineData("udp4", 12800, 100, 128, 100)]
    [InlineData("udp4", 14720, 1472, 10, 1472)]
    [InlineData("udp6", 1050, 100, 11, 50)]
    [InlineData("udp4", 100, 100, 1, 100)]
    [InlineData("udp4", 50, 100, 1, 50)]
    [InlineData("udp4", 0, 100, 1, 0)]
    public void A_train_is_one_run(string kind, int length, int segment, int count, int last)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        using Recorder recorder = new(Backend, CreateSeats(members));
        recorder.Answer(1);
        members[0].AttachProgram(recorder.Program);

        Assert.Equal(Errno.None, Send(kind, length, segment));

        RecordedRun run = Assert.Single(recorder.Runs);
        Assert.Equal(((uint)length + UdpHeader, UdpHeader), (run.Length, run.Linear));
        Assert.Equal([.. Enumerable.Repeat(segment, count - 1), last], Arrived(members[1], count));
        Assert.Empty(Arrived(members[0], 0));
        Assert.Empty(Arrived(members[2], 0));
    }

    /// <summary>Without a program the hash chooses once for all of them.</summary>
    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    public void The_hash_chooses_for_a_train(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 4)];

        Assert.Equal(Errno.None, Send(kind, 1000, 100));

        Assert.NotNull(Backend.WaitForArrival(members, TimeSpan.FromSeconds(2)));
        Assert.Equal([0, 0, 0, 10], members.Select(member => Arrived(member, 0).Count).Order());
    }

    [Theory]
    [InlineData(12801, 100, Errno.EINVAL)]
    [InlineData(129, 1, Errno.EINVAL)]
    [InlineData(65508, 1000, Errno.EMSGSIZE)]
    public void Trains_that_are_refused(int length, int segment, Errno expected) => Assert.Equal(expected, Send("udp4", length, segment));

    [Theory]
    [InlineData("udp4", 3000, 1473, Errno.EMSGSIZE)]
    [InlineData("udp4", 1473, 5000, Errno.EMSGSIZE)]
    [InlineData("udp4", 100, 1473, Errno.None)]
    [InlineData("udp6", 3000, 1453, Errno.EMSGSIZE)]
    [InlineData("udp6", 3000, 1452, Errno.None)]
    public void A_train_is_not_sent_in_fragments(string kind, int length, int segment, Errno expected) => WithMtu(1500, () => Assert.Equal(expected, Send(kind, length, segment)));

    [Fact]
    public void The_size_of_a_segment()
    {
        IBackendSocket socket = Create("udp4");
        Assert.Equal(0, socket.GetOption(SocketOption.SegmentSize));
        foreach ((int value, Errno expected) in ((int, Errno)[])[(1, Errno.None), (65535, Errno.None), (0, Errno.None), (-1, Errno.EINVAL), (65536, Errno.EINVAL)])
        {
            Assert.Equal(expected, Refusal(() => socket.SetOption(SocketOption.SegmentSize, value)));
        }

        Assert.Equal(0, socket.GetOption(SocketOption.SegmentSize));
        Assert.Equal(Errno.ENOPROTOOPT, Refusal(() => Create("tcp4").SetOption(SocketOption.SegmentSize, 1)));
        Assert.Equal(Errno.EOPNOTSUPP, Refusal(() => Create("tcp4").GetOption(SocketOption.SegmentSize)));
    }

    /// <summary>
    /// MTU, payload, and what of header and payload is linear: the first fragment, all of it unless it is long, and the second where it is the last and fits into
    /// the room behind the first.
    /// </summary>
    [Theory]
    [InlineData("udp4", 1500, 1472, 1480)]
    [InlineData("udp4", 1500, 1473, 1481)]
    [InlineData("udp4", 1500, 1684, 1692)]
    [InlineData("udp4", 1500, 1685, 1480)]
    [InlineData("udp4", 1500, 2952, 1480)]
    [InlineData("udp4", 1500, 2953, 1480)]
    [InlineData("udp4", 1400, 1684, 1692)]
    [InlineData("udp4", 1400, 1685, 1376)]
    [InlineData("udp4", 3000, 3500, 3508)]
    [InlineData("udp4", 3000, 4000, 2976)]
    [InlineData("udp4", 9000, 9000, 9008)]
    [InlineData("udp4", 1500, 65507, 1480)]
    [InlineData("udp4", 1400, 4000, 1376)]
    [InlineData("udp4", 9000, 20000, 8976)]
    [InlineData("udp4", 16032, 20000, 16008)]
    [InlineData("udp4", 16040, 20000, 8)]
    [InlineData("udp4", 20000, 40000, 8)]
    [InlineData("udp6", 1500, 1452, 1460)]
    [InlineData("udp6", 1500, 1453, 1461)]
    [InlineData("udp6", 1500, 1656, 1664)]
    [InlineData("udp6", 1500, 1657, 1448)]
    [InlineData("udp6", 1500, 4000, 1448)]
    [InlineData("udp6", 1280, 4000, 1232)]
    [InlineData("udp6", 20000, 40000, 8)]
    [InlineData("udp6", 65536, 65488, 8)]
    [InlineData("udp6", 65536, 65489, 8)]
    [InlineData("udp6", 65536, 65527, 8)]
    public void Fragments_are_one_run(string kind, int mtu, int payload, uint linear) => WithMtu(mtu, () =>
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        using Recorder recorder = new(Backend, CreateSeats(members));
        recorder.Answer(2);
        members[0].AttachProgram(recorder.Program);

        Assert.Equal(Errno.None, Send(kind, payload, segment: 0));

        Assert.Equal([payload], Arrived(members[2], 1));
        RecordedRun run = Assert.Single(recorder.Runs);
        Assert.Equal(((uint)payload + UdpHeader, linear, 0), (run.Length, run.Linear, run.LoadResult));
    });

    private void WithMtu(int mtu, Action test)
    {
        if (World.Mtu == mtu)
        {
            test();
            return;
        }

        World.Mtu = mtu;
        try
        {
            test();
        }
        finally
        {
            World.Mtu = DefaultMtu;
        }
    }

    private Errno Send(string kind, int length, int segment)
    {
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(kind);
        FlowKey flow = World.NextFlow(protocol, family, Port);
        IBackendSocket client = Keep(Backend.CreateSocket(new SocketSpec(protocol, family, ReusePort: false), World.Clients));
        client.Bind(flow.SourceEndPoint);
        client.SetOption(SocketOption.SegmentSize, segment);
        return Refusal(() => client.SendTo(new byte[length], flow.DestinationEndPoint));
    }

    /// <summary>Lengths of what a member received, waiting for so many.</summary>
    private List<int> Arrived(IBackendSocket member, int atLeast)
    {
        List<int> lengths = [];
        byte[] buffer = new byte[ushort.MaxValue + 1];
        while (lengths.Count < atLeast ? Backend.WaitForArrival([member], TimeSpan.FromSeconds(2)) is not null : true)
        {
            if (!member.TryReceive(buffer, out int length, out _))
            {
                break;
            }

            lengths.Add(length);
        }

        return lengths;
    }
}
