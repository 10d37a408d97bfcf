using System.Buffers.Binary;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Tests.Maps;

/// <summary>Semantics §6: REUSEPORT_SOCKARRAY.</summary>
public sealed class SockArrayTests
{
    private readonly Host _host = new();

    /// <summary>§6.1: key size, value size, entries, flags, outcome.</summary>
    public static TheoryData<int, int, int, MapFlags, Errno> Attributes => new()
    {
        { 4, 4, 1, MapFlags.None, Errno.None },
        { 4, 8, 32768, MapFlags.None, Errno.None },
        { 4, 8, int.MaxValue, MapFlags.None, Errno.None },
        { 2, 8, 1, MapFlags.None, Errno.EINVAL },
        { 8, 8, 1, MapFlags.None, Errno.EINVAL },
        { 4, 2, 1, MapFlags.None, Errno.EINVAL },
        { 4, 16, 1, MapFlags.None, Errno.EINVAL },
        { 4, 8, 0, MapFlags.None, Errno.EINVAL },
        { 4, 8, 1, MapFlags.NumaNode, Errno.None },
        { 4, 8, 1, MapFlags.ReadOnly, Errno.None },
        { 4, 8, 1, MapFlags.WriteOnly, Errno.None },
        { 4, 8, 1, MapFlags.ReadOnlyProgram, Errno.None },
        { 4, 8, 1, MapFlags.WriteOnlyProgram, Errno.None },
        { 4, 8, 1, MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram, Errno.EINVAL },
        { 4, 8, 1, MapFlags.NoPreallocation, Errno.EINVAL },
        { 4, 8, 1, MapFlags.Mmapable, Errno.EINVAL },
        { 4, 8, 1, MapFlags.InnerMap, Errno.EINVAL },
        { 4, 8, 1, MapFlags.PreserveElements, Errno.EINVAL },
        { 4, 8, 1, MapFlags.ZeroSeed, Errno.EINVAL },
    };

    [Theory]
    [MemberData(nameof(Attributes))]
    public void Create(int keySize, int valueSize, int entries, MapFlags flags, Errno expected) =>
        Assert.Equal(expected, Host.Outcome(() =>
            _host.Backend.CreateMap(new MapSpec("seats", MapType.ReuseportSockArray, keySize, valueSize, entries, flags))));

    /// <summary>§6.2 in order: each row breaks one rule and, where it can, every later one too.</summary>
    public static TheoryData<string, string, uint, MapUpdateFlags, Errno> Updates => new()
    {
        { "frozen", "unbound", 99, (MapUpdateFlags)7, Errno.EPERM },
        { "read-only", "unbound", 99, (MapUpdateFlags)7, Errno.EPERM },
        { "plain", "unbound", 99, MapUpdateFlags.Lock, Errno.EINVAL },
        { "plain", "unbound", 99, (MapUpdateFlags)3, Errno.EINVAL },
        { "plain", "unbound", 99, MapUpdateFlags.Any, Errno.E2BIG },
        { "plain", "unbound", 16, MapUpdateFlags.Any, Errno.E2BIG },
        { "plain", "unbound", 0, MapUpdateFlags.NoExist, Errno.EEXIST },
        { "plain", "unbound", 1, MapUpdateFlags.Exist, Errno.ENOENT },
        { "plain", "unbound", 1, MapUpdateFlags.Any, Errno.EINVAL },
        { "plain", "bound, no flag", 1, MapUpdateFlags.Any, Errno.EINVAL },
        { "plain", "connected", 1, MapUpdateFlags.Any, Errno.EINVAL },
        { "plain", "orphan", 1, MapUpdateFlags.Any, Errno.EINVAL },
        { "plain", "tcp bound", 1, MapUpdateFlags.Any, Errno.EINVAL },
        { "plain", "tcp shut down", 1, MapUpdateFlags.Any, Errno.EINVAL },
        { "plain", "tcp client", 1, MapUpdateFlags.Any, Errno.EINVAL },
        { "plain", "tcp accepted", 1, MapUpdateFlags.Any, Errno.EINVAL },
        { "plain", "seated", 1, MapUpdateFlags.Any, Errno.EBUSY },
        { "plain", "seated", 0, MapUpdateFlags.Any, Errno.EBUSY },
        { "plain", "seated", 0, MapUpdateFlags.Exist, Errno.EBUSY },
        { "plain", "seated", 0, MapUpdateFlags.NoExist, Errno.EEXIST },
        { "plain", "seated elsewhere", 1, MapUpdateFlags.Any, Errno.EBUSY },
        { "plain", "member", 1, MapUpdateFlags.Any, Errno.None },
        { "plain", "member", 1, MapUpdateFlags.NoExist, Errno.None },
        { "plain", "member", 0, MapUpdateFlags.Exist, Errno.None },
        { "plain", "member, flag cleared", 1, MapUpdateFlags.Any, Errno.None },
        { "plain", "tcp listener", 1, MapUpdateFlags.Any, Errno.None },
    };

    [Theory]
    [MemberData(nameof(Updates))]
    public void Update(string mapKind, string socketKind, uint index, MapUpdateFlags flags, Errno expected)
    {
        IBackendMap map = _host.SockArray(16, 8, mapKind == "read-only" ? MapFlags.ReadOnly : MapFlags.None);
        IBackendSocket seated = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        if (mapKind == "plain")
        {
            map.UpdateSocket(0, seated);
        }
        else if (mapKind == "frozen")
        {
            map.Freeze();
        }

        IBackendSocket socket = socketKind == "seated" ? seated : Make(socketKind);
        Assert.Equal(expected, Host.Outcome(() => map.UpdateSocket(index, socket, flags)));
        if (expected == Errno.None)
        {
            Assert.Equal(socket.Cookie, Cookie(map, index));
            Assert.Equal(index == 0 ? null : seated.Cookie, Cookie(map, 0) == socket.Cookie ? null : Cookie(map, 0));
        }
        else if (mapKind == "plain")
        {
            Assert.Equal(seated.Cookie, Cookie(map, 0));
        }
    }

    [Theory]
    [InlineData(8, -1L, Errno.EINVAL)]
    [InlineData(8, 0x80000000L, Errno.EINVAL)]
    [InlineData(8, 0x100000003L, Errno.EINVAL)]
    [InlineData(8, 0x7fffffffL, Errno.EBADF)]
    [InlineData(4, -1L, Errno.EBADF)]
    [InlineData(4, 999L, Errno.EBADF)]
    public void Update_by_descriptor_checks_the_value(int valueSize, long value, Errno expected)
    {
        IBackendMap map = _host.SockArray(4, valueSize);
        byte[] bytes = BitConverter.GetBytes(value)[..valueSize];
        Assert.Equal(expected, Host.Outcome(() => map.Update(Key(0), bytes)));
    }

    [Fact]
    public void Update_by_descriptor_seats_a_socket_and_refuses_a_map()
    {
        IBackendMap map = _host.SockArray();
        IBackendSocket socket = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        int descriptor = _host.Record(socket).Owners[0].FileDescriptor;
        map.Update(Key(3), BitConverter.GetBytes((long)descriptor));
        Assert.Equal(socket.Cookie, Cookie(map, 3));
        Assert.Equal(Errno.ENOTSOCK, Host.Outcome(() => map.Update(Key(4), BitConverter.GetBytes((long)(descriptor - 1)))));
    }

    [Fact]
    public void Replaced_occupant_is_free_to_sit_elsewhere()
    {
        IBackendMap map = _host.SockArray();
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 2);
        map.UpdateSocket(0, members[0]);
        map.UpdateSocket(0, members[1]);
        map.UpdateSocket(1, members[0]);
        Assert.Equal([members[1].Cookie, members[0].Cookie], [Cookie(map, 0), Cookie(map, 1)]);
    }

    [Fact]
    public void Lookup()
    {
        IBackendMap map = _host.SockArray();
        IBackendSocket socket = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        map.UpdateSocket(2, socket);
        Assert.Equal(socket.Cookie, Cookie(map, 2));
        Assert.Null(map.Lookup(Key(0)));
        Assert.Null(map.Lookup(Key(16)));

        IBackendMap narrow = _host.SockArray(16, valueSize: 4);
        narrow.UpdateSocket(0, _host.Open(TransportProtocol.Udp, "127.0.0.1"));
        Assert.All([0u, 1u, 16u], index => Assert.Equal(Errno.ENOSPC, Host.Outcome(() => narrow.Lookup(Key(index)))));
    }

    [Fact]
    public void Delete()
    {
        IBackendMap map = _host.SockArray();
        IBackendSocket socket = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        map.UpdateSocket(2, socket);
        Assert.Equal(Errno.E2BIG, Host.Outcome(() => map.Delete(Key(16))));
        Assert.Equal(Errno.ENOENT, Host.Outcome(() => map.Delete(Key(0))));
        map.Delete(Key(2));
        map.UpdateSocket(0, socket);
        map.Freeze();
        Assert.Equal(Errno.EPERM, Host.Outcome(() => map.Delete(Key(0))));
        Assert.Equal(Errno.EPERM, Host.Outcome(map.Freeze));
    }

    [Fact]
    public void Next_key_lists_empty_seats_too()
    {
        IBackendMap map = _host.SockArray(3);
        Assert.Equal(Key(0), map.NextKey([]));
        Assert.Equal(Key(1), map.NextKey(Key(0)));
        Assert.Null(map.NextKey(Key(2)));
        Assert.Equal(Key(0), map.NextKey(Key(3)));
        Assert.Equal(Key(0), map.NextKey(Key(uint.MaxValue)));
    }

    [Theory]
    [InlineData("close")]
    [InlineData("shutdown")]
    [InlineData("map gone")]
    public void Seat_empties_by_itself(string how)
    {
        IBackendMap map = _host.SockArray();
        IBackendSocket listener = _host.Open(TransportProtocol.Tcp, "127.0.0.1");
        map.UpdateSocket(0, listener);
        switch (how)
        {
            case "close":
                IBackendSocket dup = _host.Backend.AcquireSocket(_host.Record(listener));
                listener.Dispose();
                Assert.Equal(dup.Cookie, Cookie(map, 0));
                dup.Dispose();
                Assert.Null(map.Lookup(Key(0)));
                break;
            case "shutdown":
                listener.Shutdown(SocketShutdown.Send);
                Assert.NotNull(map.Lookup(Key(0)));
                listener.Shutdown(SocketShutdown.Receive);
                Assert.Null(map.Lookup(Key(0)));
                break;
            default:
                IBackendProgram program = _host.Selecting(map, 1, 0);
                map.Dispose();
                IBackendMap other = _host.SockArray();
                Assert.Equal(Errno.EBUSY, Host.Outcome(() => other.UpdateSocket(0, listener)));
                program.Dispose();
                other.UpdateSocket(0, listener);
                break;
        }
    }

    [Fact]
    public void One_map_mixes_protocols_families_and_ports()
    {
        IBackendMap map = _host.SockArray();
        map.UpdateSocket(0, _host.Open(TransportProtocol.Udp, "127.0.0.1"));
        map.UpdateSocket(1, _host.Open(TransportProtocol.Tcp, "127.0.0.1"));
        map.UpdateSocket(2, _host.Open(TransportProtocol.Udp, "::1"));
        map.UpdateSocket(3, _host.Open(TransportProtocol.Udp, "127.0.0.1", 5001));
        Assert.All([0u, 1u, 2u, 3u], index => Assert.NotNull(map.Lookup(Key(index))));
    }

    [Fact]
    public void Map_of_maps_holds_its_inner_sockarray()
    {
        MapSpec inner = new("seats", MapType.ReuseportSockArray, 4, 8, 4);
        IBackendMap outer = _host.Backend.CreateMap(new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 2) { Inner = inner });
        IBackendMap map = _host.Backend.CreateMap(inner);
        IBackendSocket socket = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        map.UpdateSocket(0, socket);
        outer.UpdateMap(1, map);
        uint id = map.Id;
        map.Dispose();
        Assert.Equal(id, BinaryPrimitives.ReadUInt32LittleEndian(outer.Lookup(Key(1))));
        IBackendMap other = _host.SockArray();
        Assert.Equal(Errno.EBUSY, Host.Outcome(() => other.UpdateSocket(0, socket)));
        outer.Delete(Key(1));
        other.UpdateSocket(0, socket);
    }

    private static byte[] Key(uint index) => BitConverter.GetBytes(index);

    private static ulong? Cookie(IBackendMap map, uint index) => map.Lookup(Key(index)) is { } value ? BinaryPrimitives.ReadUInt64LittleEndian(value) : null;

    private IBackendSocket Make(string kind)
    {
        if (kind != "seated elsewhere")
        {
            return _host.Make(kind);
        }

        IBackendSocket elsewhere = _host.Make("member");
        _host.SockArray().UpdateSocket(5, elsewhere);
        return elsewhere;
    }
}
