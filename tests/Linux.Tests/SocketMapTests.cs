using System.Net;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests;

/// <summary>REUSEPORT_SOCKARRAY on the kernel: every error, and what each becomes for the user.</summary>
public sealed class SocketMapTests : LinuxTest
{
    private const ulong AnyCreate = 0;
    private const ulong NoExist = 1;
    private const ulong Exist = 2;

    /// <summary>What is put into which slot of a map of four, what is there before, and what the kernel says.</summary>
    public static TheoryData<string, string, long, string, ulong, Errno> Updates => new()
    {
        // setup, value, slot, expected: numbers in the value are literal
        { "", "udp", 0, "8", AnyCreate, Errno.None },
        { "", "tcp listener", 3, "8", NoExist, Errno.None },
        { "occupied by another", "udp", 0, "8", AnyCreate, Errno.None },
        { "occupied by another", "udp", 0, "8", Exist, Errno.None },
        { "", "reuseport cleared after bind", 0, "8", AnyCreate, Errno.None },
        { "", "udp", 0, "4", AnyCreate, Errno.None },
        { "frozen", "udp", 0, "8", AnyCreate, Errno.EPERM },
        { "", "udp", 0, "8", 4, Errno.EINVAL },
        { "", "udp", 0, "8", 3, Errno.EINVAL },
        { "", "udp", 4, "8", AnyCreate, Errno.E2BIG },
        { "", "udp", 0xffffffff, "8", AnyCreate, Errno.E2BIG },
        { "", "-1", 0, "8", AnyCreate, Errno.EINVAL },
        { "", "4294967299", 0, "8", AnyCreate, Errno.EINVAL },
        { "", "999999", 0, "8", AnyCreate, Errno.EBADF },
        { "", "-1", 0, "4", AnyCreate, Errno.EBADF },
        { "", "a map", 0, "8", AnyCreate, Errno.ENOTSOCK },
        { "occupied by another", "udp", 0, "8", NoExist, Errno.EEXIST },
        { "", "udp", 0, "8", Exist, Errno.ENOENT },
        { "", "unix", 0, "8", AnyCreate, Errno.ENOTSUPP },
        { "", "netlink", 0, "8", AnyCreate, Errno.ENOTSUPP },
        { "", "raw", 0, "8", AnyCreate, Errno.ENOTSUPP },
        { "", "udplite", 0, "8", AnyCreate, Errno.ENOTSUPP },
        { "", "mptcp listener", 0, "8", AnyCreate, Errno.ENOTSUPP },
        { "", "udp not bound", 0, "8", AnyCreate, Errno.EINVAL },
        { "", "tcp not listening", 0, "8", AnyCreate, Errno.EINVAL },
        { "", "udp without reuseport", 0, "8", AnyCreate, Errno.EINVAL },
        { "", "udp connected", 0, "8", AnyCreate, Errno.EINVAL },
        { "", "tcp accepted", 0, "8", AnyCreate, Errno.EINVAL },
        { "", "tcp shut down", 0, "8", AnyCreate, Errno.EINVAL },
        { "seated in the same slot", "udp", 0, "8", AnyCreate, Errno.EBUSY },
        { "seated in another slot", "udp", 0, "8", AnyCreate, Errno.EBUSY },
        { "seated in another map", "udp", 0, "8", AnyCreate, Errno.EBUSY },
        { "in a sockmap", "udp", 0, "8", AnyCreate, Errno.EBUSY },
        { "seated in the same slot", "udp", 0, "8", NoExist, Errno.EEXIST },
    };

    public static TheoryData<int, int, int, MapFlags, Errno> Creations => new()
    {
        { 4, 8, 32768, MapFlags.None, Errno.None },
        { 4, 4, 1, MapFlags.ReadOnlyProgram, Errno.None },
        { 4, 8, 1, MapFlags.ReadOnly, Errno.None },
        { 8, 8, 1, MapFlags.None, Errno.EINVAL },
        { 4, 2, 1, MapFlags.None, Errno.EINVAL },
        { 4, 16, 1, MapFlags.None, Errno.EINVAL },
        { 4, 8, 0, MapFlags.None, Errno.EINVAL },
        { 4, 8, 1, MapFlags.NoPreallocation, Errno.EINVAL },
        { 4, 8, 1, MapFlags.Mmapable, Errno.EINVAL },
        { 4, 8, 1, MapFlags.InnerMap, Errno.EINVAL },
        { 4, 8, 1, MapFlags.PreserveElements, Errno.EINVAL },
        { 4, 8, 1, MapFlags.ZeroSeed, Errno.EINVAL },
        { 4, 8, 1, MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram, Errno.EINVAL },
        { 4, 8, -1, MapFlags.None, Errno.ENOMEM },
    };

    [Theory]
    [MemberData(nameof(Creations))]
    public void Creating(int keySize, int valueSize, int entries, MapFlags flags, Errno expected)
    {
        MapSpec spec = new("socks", MapType.ReuseportSockArray, keySize, valueSize, entries, flags);
        if (expected == Errno.None)
        {
            LinuxMap map = Map(spec);
            Assert.Equal(spec, map.Spec);
            Assert.NotEqual(0u, map.Id);
        }
        else
        {
            BackendException refused = Assert.Throws<BackendException>(() => Backend.CreateMap(spec));
            Assert.Equal((expected, "BPF_MAP_CREATE"), (refused.Errno, refused.Operation));
            CheckMessage(refused, "'socks'");
        }
    }

    [Theory]
    [MemberData(nameof(Updates))]
    public void Updating(string before, string value, long slot, string valueSize, ulong flags, Errno expected)
    {
        LinuxMap map = Map(SockArray(4, int.Parse(valueSize)));
        LinuxSocket? socket = SocketFor(value);
        switch (before)
        {
            case "frozen":
                map.Freeze();
                break;
            case "occupied by another":
                map.UpdateSocket((uint)slot, Member(TransportProtocol.Udp, "127.0.0.1:9000"));
                break;
            case "seated in the same slot":
                map.UpdateSocket((uint)slot, socket!);
                break;
            case "seated in another slot":
                map.UpdateSocket((uint)slot + 1, socket!);
                break;
            case "in a sockmap":
                Map(new MapSpec("sockmap", MapType.SockMap, 4, 8, 1)).UpdateSocket(0, socket!);
                break;
            case "seated in another map":
                Map(SockArray(1)).UpdateSocket(0, socket!);
                break;
        }

        Action update = socket is not null
            ? () => map.UpdateSocket((uint)slot, socket, (MapUpdateFlags)flags)
            : () => Raw(map, (uint)slot, value, flags);
        if (expected == Errno.None)
        {
            update();
            if (valueSize == "8")
            {
                Assert.Equal(socket!.Cookie, MemoryMarshal.Read<ulong>(map.Lookup(Key((uint)slot))));
            }
        }
        else
        {
            BackendException refused = Assert.Throws<BackendException>(update);
            Assert.Equal((expected, "BPF_MAP_UPDATE_ELEM"), (refused.Errno, refused.Operation));
            CheckMessage(refused, "map 'socks'");
        }
    }

    [Fact]
    public void A_message_names_the_slot_the_map_and_the_socket()
    {
        LinuxMap map = Map(SockArray(4));
        LinuxSocket socket = Member(TransportProtocol.Udp, "127.0.0.1:9000", reusePort: false);
        BackendException refused = Assert.Throws<BackendException>(() => map.UpdateSocket(2, socket));
        Assert.Equal("RPS5021", refused.Diagnostics[0].Code);
        Assert.Contains($"slot 2 of map 'socks' (id {map.Id}", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"the UDP IPv4 socket 127.0.0.1:9000 (cookie {socket.Cookie}, without SO_REUSEPORT)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("EINVAL", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_displaced_socket_is_free_again()
    {
        LinuxMap map = Map(SockArray(2));
        LinuxSocket first = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        LinuxSocket second = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        map.UpdateSocket(0, first);
        map.UpdateSocket(0, second);
        map.UpdateSocket(1, first);
        Assert.Equal(first.Cookie, MemoryMarshal.Read<ulong>(map.Lookup(Key(1))));
    }

    [Fact]
    public void Looking_up()
    {
        LinuxMap wide = Map(SockArray(4));
        Assert.Null(wide.Lookup(Key(0)));
        Assert.Null(wide.Lookup(Key(4)));
        LinuxMap narrow = Map(SockArray(4, 4));
        Assert.Equal(Errno.ENOSPC, ErrnoOf(() => narrow.Lookup(Key(0))));
        Assert.Equal(Errno.ENOSPC, ErrnoOf(() => narrow.Lookup(Key(9))));
    }

    [Fact]
    public void Deleting()
    {
        LinuxMap map = Map(SockArray(4));
        LinuxSocket socket = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        Assert.Equal(Errno.E2BIG, ErrnoOf(() => map.Delete(Key(4))));
        Assert.Equal(Errno.ENOENT, ErrnoOf(() => map.Delete(Key(0))));
        map.UpdateSocket(0, socket);
        map.Delete(Key(0));
        Assert.Null(map.Lookup(Key(0)));
        map.UpdateSocket(3, socket);
        map.Freeze();
        Assert.Equal(Errno.EPERM, ErrnoOf(() => map.Delete(Key(3))));
    }

    [Fact]
    public void Walking_lists_empty_slots_too()
    {
        LinuxMap map = Map(SockArray(3));
        Assert.Equal(Key(0), map.NextKey([]));
        Assert.Equal(Key(1), map.NextKey(Key(0)));
        Assert.Equal(Key(2), map.NextKey(Key(1)));
        Assert.Null(map.NextKey(Key(2)));
        Assert.Equal(Key(0), map.NextKey(Key(7)));
    }

    [Theory]
    [InlineData("close")]
    [InlineData("connect")]
    [InlineData("shutdown")]
    public void The_kernel_empties_a_slot_itself(string how)
    {
        LinuxMap map = Map(SockArray(1));
        LinuxSocket socket = Member(how == "shutdown" ? TransportProtocol.Tcp : TransportProtocol.Udp, "127.0.0.1:9000");
        map.UpdateSocket(0, socket);
        switch (how)
        {
            case "close":
                socket.Dispose();
                break;
            case "connect":
                Assert.SkipUnless(
                    Version.Parse(Backend.Info.KernelVersion) >= new Version(6, 13), "Before 6.13 a connected UDP socket bound to an address stays in its group.");
                socket.Connect(IPEndPoint.Parse("127.0.0.1:1"));
                break;
            default:
                socket.Shutdown(System.Net.Sockets.SocketShutdown.Receive);
                break;
        }

        Assert.Null(map.Lookup(Key(0)));
    }

    [Fact]
    public void The_largest_array_holds_sockets_of_any_kind_of_group()
    {
        LinuxMap map = Map(SockArray(32768));
        LinuxSocket[] sockets =
        [
            Member(TransportProtocol.Udp, "127.0.0.1:9000"), Member(TransportProtocol.Tcp, "127.0.0.1:9000"),
            Member(TransportProtocol.Udp, "[::1]:9000"), Member(TransportProtocol.Tcp, "[::]:9001"),
        ];
        for (uint i = 0; i < sockets.Length; i++)
        {
            map.UpdateSocket(32767 - i, sockets[i]);
            Assert.Equal(sockets[i].Cookie, MemoryMarshal.Read<ulong>(map.Lookup(Key(32767 - i))));
        }
    }

    private static void CheckMessage(BackendException refused, string target)
    {
        Diagnostic diagnostic = Assert.Single(refused.Diagnostics);
        Assert.Contains(target, diagnostic.Message, StringComparison.Ordinal);
        Assert.Matches("^RPS50[0-9]{2}$", diagnostic.Code);
        Assert.NotEqual("RPS5000", diagnostic.Code);
        Assert.NotEmpty(diagnostic.Remedy!);
    }

    private LinuxSocket? SocketFor(string value)
    {
        switch (value)
        {
            case "udp":
                return Member(TransportProtocol.Udp, "127.0.0.1:9000");
            case "tcp listener":
                return Member(TransportProtocol.Tcp, "127.0.0.1:9000");
            case "reuseport cleared after bind":
                LinuxSocket cleared = Member(TransportProtocol.Udp, "127.0.0.1:9000");
                cleared.SetOption(SocketOption.ReusePort, 0);
                return cleared;
            case "unix":
                return ForeignSocket(SocketConstants.AF_UNIX, SocketConstants.SOCK_DGRAM, 0);
            case "netlink":
                return ForeignSocket(SocketConstants.AF_NETLINK, SocketConstants.SOCK_RAW, SocketConstants.NETLINK_ROUTE);
            case "raw":
                return ForeignSocket(SocketConstants.AF_INET, SocketConstants.SOCK_RAW, SocketConstants.IPPROTO_UDP);
            case "udplite":
                return ForeignSocket(SocketConstants.AF_INET, SocketConstants.SOCK_DGRAM, 136);
            case "mptcp listener":
                LinuxSocket multipath = ForeignSocket(SocketConstants.AF_INET, SocketConstants.SOCK_STREAM, 262);
                multipath.SetOption(SocketOption.ReusePort, 1);
                multipath.Bind(IPEndPoint.Parse("127.0.0.1:9000"));
                multipath.Listen(1);
                return multipath;
            case "udp not bound":
                return Socket(TransportProtocol.Udp);
            case "tcp not listening":
                LinuxSocket bound = Socket(TransportProtocol.Tcp);
                bound.Bind(IPEndPoint.Parse("127.0.0.1:9000"));
                return bound;
            case "udp without reuseport":
                return Member(TransportProtocol.Udp, "127.0.0.1:9000", reusePort: false);
            case "udp connected":
                LinuxSocket connected = Member(TransportProtocol.Udp, "127.0.0.1:9000");
                connected.Connect(IPEndPoint.Parse("127.0.0.1:1"));
                return connected;
            case "tcp accepted":
                LinuxSocket listener = Member(TransportProtocol.Tcp, "127.0.0.1:9000");
                Socket(TransportProtocol.Tcp, reusePort: false).Connect(listener.LocalEndPoint!);
                return (LinuxSocket)Own(listener.TryAccept(out _)!);
            case "tcp shut down":
                LinuxSocket shut = Member(TransportProtocol.Tcp, "127.0.0.1:9000");
                shut.Shutdown(System.Net.Sockets.SocketShutdown.Both);
                return shut;
            default:
                return null;
        }
    }


    private void Raw(LinuxMap map, uint slot, string value, ulong flags)
    {
        using FdLease lease = new(Map(SockArray(1)).Fd);
        long number = value == "a map" ? lease.Number : long.Parse(value);
        byte[] bytes = new byte[8];
        MemoryMarshal.Write(bytes, in number);
        map.Update(Key(slot), bytes.AsSpan(0, map.Spec.ValueSize), (MapUpdateFlags)flags);
    }
}
