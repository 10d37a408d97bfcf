using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Contract;

/// <summary>What else decides or is seen: the owner of a socket, the socket of the context, maps of socket maps, long datagrams, errors that come back.</summary>
public abstract class DeliveryContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const uint OtherUser = 65534;
    private const int Close = 7;
    private const int Listen = 10;

    /// <summary>A socket beside one of another user. What counts is who created it, not who binds it.</summary>
    [Theory]
    [InlineData("udp4", "udp4", Errno.EADDRINUSE)]
    [InlineData("udp6", "udp6", Errno.EADDRINUSE)]
    [InlineData("tcp4", "tcp4", Errno.EADDRINUSE)]
    [InlineData("tcp6", "tcp6", Errno.EADDRINUSE)]
    [InlineData("udp4", "udp4 any", Errno.EADDRINUSE)]
    [InlineData("tcp4 any", "tcp4", Errno.EADDRINUSE)]
    [InlineData("udp4", "udp4 other", Errno.None)]
    [InlineData("tcp4", "tcp4 other", Errno.None)]
    [InlineData("udp6", "udp4", Errno.None)]
    [InlineData("udp4", "tcp4", Errno.None)]
    public void Sockets_of_two_users(string first, string second, Errno expected)
    {
        _ = Open(first);
        SocketText text = SocketText.Parse(second);
        IBackendSocket other = Keep(World.CreateSocketAs(OtherUser, text.ToSpec(World)));

        Assert.Equal(expected, Refusal(() => other.Bind(text.EndPoint(World, Port))));
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp4")]
    public void Sockets_of_one_other_user_share_a_group(string kind)
    {
        SocketText text = SocketText.Parse(kind);
        IBackendSocket[] members = new IBackendSocket[2];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = Keep(World.CreateSocketAs(OtherUser, text.ToSpec(World)));
            members[i].Bind(text.EndPoint(World, Port));
            if (text.Protocol == TransportProtocol.Tcp)
            {
                members[i].Listen(16);
            }
        }

        Assert.Equal(OtherUser, Record(members[0]).Uid);
        _ = AttachSelection(members[0], CreateSeats(members), 1);
        Assert.Equal(Slot(1), Arrival(kind, members));
    }

    /// <summary>The fields of <c>struct bpf_sock</c> that a program reads of <c>ctx->sk</c>.</summary>
    [Theory]
    [InlineData("udp4", "udp4", Close)]
    [InlineData("udp4", "udp4 any", Close)]
    [InlineData("udp4", "udp4 device", Close)]
    [InlineData("tcp4", "tcp4", Listen)]
    [InlineData("udp6", "udp6", Close)]
    [InlineData("udp6", "udp6 any", Close)]
    [InlineData("tcp6", "tcp6", Listen)]
    [InlineData("udp4", "udp6 any", Close)]
    public void Fields_of_the_socket(string packet, string socket, int state)
    {
        IBackendSocket member = Open(socket);
        ProgramSpec spec = DeliveryPrograms.RecordSocket();
        IBackendMap results = CreateMap(spec.Maps[0]);
        member.AttachProgram(Load(spec, results));
        Assert.Equal(Slot(0), Arrival(packet, [member]));

        byte[] value = results.Lookup(Key(0))!;
        uint[] words = [.. Enumerable.Range(0, DeliveryPrograms.SocketWords).Select(word => BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan(4 * word)))];
        bool isTcp = member.Protocol == TransportProtocol.Tcp;
        Assert.Equal([(uint)Record(member).InterfaceIndex, member.Family == IpFamily.V4 ? 2u : 10, isTcp ? 1u : 2, (uint)member.Protocol, 0, 0], words[..6]);
        byte[] address = member.LocalEndPoint!.Address.GetAddressBytes();
        Assert.Equal(address, value[(member.Family == IpFamily.V4 ? 24 : 28)..][..address.Length]);
        Assert.Equal([(uint)Port, 0, 0], words[11..14]);
        Assert.Equal([(uint)state, uint.MaxValue], words[18..]);
    }

    [Theory]
    [InlineData(MapType.ArrayOfMaps)]
    [InlineData(MapType.HashOfMaps)]
    public void A_map_of_sockarrays(MapType type)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        IBackendMap outer = CreateMap(new MapSpec("outer", type, 4, 4, 2) { Inner = TestPrograms.Seats });
        IBackendMap first = CreateSeats([members[0]]);
        IBackendMap second = CreateSeats([members[1], members[2]]);
        members[0].AttachProgram(Load(DeliveryPrograms.SelectInner(outer.Spec, key: 1, seat: 0), outer));
        Assert.Equal(Rejected, Arrival("udp4", members));

        outer.UpdateMap(0, first);
        outer.UpdateMap(1, second);
        Assert.Equal(Slot(1), Arrival("udp4", members));
        outer.UpdateMap(1, first);
        Assert.Equal(Slot(0), Arrival("udp4", members));

        // The outer map keeps the inner one, and that its socket's seat.
        first.Dispose();
        Assert.Equal(Slot(0), Arrival("udp4", members));
        outer.Delete(Key(1));
        Assert.Equal(Rejected, Arrival("udp4", members));
    }

    /// <summary>Payload of a datagram, and how much of header and payload lies in the linear part: over loopback all or the header, over a wire of 1500 bytes the first fragment.</summary>
    [Theory]
    [InlineData(1000, 1008, 1008)]
    [InlineData(1472, 1480, 1480)]
    [InlineData(4000, 4008, 1480)]
    [InlineData(16000, 16008, 1480)]
    [InlineData(16400, 8, 1480)]
    [InlineData(40000, 8, 1480)]
    public void Long_datagrams(int payload, uint onLoopback, uint onWire)
    {
        IBackendSocket member = Open("udp4");
        using Recorder recorder = new(Backend, CreateMap(TestPrograms.Seats));
        member.AttachProgram(recorder.Program);

        Assert.Equal(Slot(0), Arrival("udp4", [member], payload: [.. new byte[payload]]));

        RecordedRun run = Assert.Single(recorder.Runs);
        Assert.Equal(((uint)payload + 8, World.Device == "lo" ? onLoopback : onWire, 0), (run.Length, run.Linear, run.LoadResult));
    }

    /// <summary>skb_load_bytes reaches what is not linear, to the last byte; skb_load_bytes_relative does not.</summary>
    [Fact]
    public void Loads_beyond_the_linear_part()
    {
        const int Payload = 20000;
        IBackendSocket member = Open("udp4");
        ImmutableArray<byte> bytes = [.. Enumerable.Range(0, Payload).Select(i => (byte)(i * 7))];
        ProgramSpec spec = TestPrograms.RecordLoads([new(Payload, 8), new(Payload + 1, 8), new(8, 4), new(Payload, 8, Header: 1), new(20 + 8, 8, Header: 1), new(20, 8, Header: 1)]);
        IBackendMap results = CreateMap(spec.Maps[0]);
        member.AttachProgram(Load(spec, results));

        Assert.Equal(Slot(0), Arrival("udp4", [member], payload: bytes));

        byte[] value = results.Lookup(Key(0))!;
        long[] returned = [.. Enumerable.Range(0, 6).Select(i => BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(TestPrograms.ProbeSize * i)))];
        bool hasPayload = World.Device != "lo";
        Assert.Equal([0, -14, 0, -14, hasPayload ? 0 : -14, 0], returned);
        Assert.Equal(bytes[(Payload - 8)..], value[8..16]);
        Assert.Equal(new byte[8], value[(TestPrograms.ProbeSize + 8)..][..8]);
        Assert.Equal(bytes[..4], value[((2 * TestPrograms.ProbeSize) + 8)..][..4]);
    }

    /// <summary>Everybody gets a copy of what goes to a multicast group, and no program is asked; a broadcast needs an option that is not set here.</summary>
    [Fact]
    public void Multicast_runs_no_program()
    {
        Assert.SkipUnless(World.Device == "lo", "The wire has no route for multicast.");
        IBackendSocket[] members = [.. OpenMany("udp4 any", 3)];
        using Recorder recorder = new(Backend, CreateMap(TestPrograms.Seats));
        recorder.Answer(null, 0);
        members[0].AttachProgram(recorder.Program);
        using IBackendSocket client = Backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4, ReusePort: false), World.Clients);
        client.Bind(World.NextFlow(TransportProtocol.Udp, IpFamily.V4, Port).SourceEndPoint);

        client.SendTo([1, 2], new IPEndPoint(IPAddress.Parse("224.0.0.1"), Port));

        foreach (IBackendSocket member in members)
        {
            Assert.NotNull(Backend.WaitForArrival([member], TimeSpan.FromSeconds(2)));
            Assert.True(member.TryReceive(new byte[4], out int length, out _));
            Assert.Equal(2, length);
        }

        Assert.Empty(recorder.Runs);
        Assert.Equal(Errno.EACCES, Refusal(() => client.SendTo([1], new IPEndPoint(IPAddress.Broadcast, Port))));
    }

    /// <summary>
    /// Packet loads of socket filters (opcode, r7 for those by index, immediate): 1 plus the lowest bit of what is there, or 0 where nothing is.
    /// </summary>
    [Theory]
    [InlineData(0x30, 0, 0, 2)]
    [InlineData(0x30, 0, 1, 1)]
    [InlineData(0x28, 0, 1, 2)]
    [InlineData(0x20, 0, 2, 1)]
    [InlineData(0x30, 0, 7, 1)]
    [InlineData(0x30, 0, 8, 0)]
    [InlineData(0x28, 0, 7, 0)]
    [InlineData(0x20, 0, 5, 0)]
    [InlineData(0x50, 3, -1, 2)]
    [InlineData(0x50, 7, 0, 1)]
    [InlineData(0x50, 7, 1, 0)]
    [InlineData(0x48, 5, 0, 2)]
    [InlineData(0x40, -1, 1, 1)]
    [InlineData(0x30, 0, -0x100000, 2)]
    [InlineData(0x30, 0, -0x100000 + 9, 2)]
    [InlineData(0x28, 0, -0x200000 + 12, 1)]
    [InlineData(0x30, 0, -0x1000, 0)]
    [InlineData(0x30, 0, -1, 0)]
    public void Packet_loads_of_a_socket_filter(byte opcode, int index, int immediate, int expected)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        ProgramSpec spec = new("test_loads", ProgramType.SocketFilter, AttachType.None, DeliveryPrograms.PacketLoad(opcode, index, immediate), []);
        members[0].AttachProgram(Load(spec));

        Assert.Equal(Slot(expected), Arrival("udp4", members, payload: [1, 2, 3, 4, 5, 6, 7, 8]));
    }

    /// <summary>A socket connects to itself: what it sends it receives.</summary>
    [Theory]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void A_connection_of_one(string kind)
    {
        Assert.SkipUnless(World.Device == "lo", "Nobody can connect to itself over a wire.");
        IBackendSocket listener = Open(kind);
        IBackendSocket socket = Bind(kind);

        socket.Connect(socket.LocalEndPoint!);
        socket.Send([7, 8, 9]);

        byte[] buffer = new byte[4];
        Assert.NotNull(Backend.WaitForArrival([socket], TimeSpan.FromSeconds(2)));
        Assert.True(socket.TryReceive(buffer, out int length, out _));
        Assert.Equal(3, length);
        Assert.Null(listener.TryAccept(out _));
        socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        Assert.NotNull(Backend.WaitForArrival([socket], TimeSpan.FromSeconds(2)));
        Assert.True(socket.TryReceive(buffer, out length, out _));
        Assert.Equal(0, length);
        Assert.Equal(Errno.EPIPE, Refusal(() => socket.Send([1])));
    }

    /// <summary>A member sends where nobody is. For the error that comes back the program is not asked.</summary>
    [Fact]
    public void An_error_that_comes_back_runs_no_program()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        using Recorder recorder = new(Backend, CreateMap(TestPrograms.Seats));
        recorder.Answer(null, 0);
        members[0].AttachProgram(recorder.Program);

        members[1].SendTo([1], new IPEndPoint(World.ClientV4, 9));
        Backend.WaitForReaders();

        Assert.Empty(recorder.Runs);
        Assert.Equal(Rejected, Arrival("udp4", members));
        _ = Assert.Single(recorder.Runs);
    }
}
