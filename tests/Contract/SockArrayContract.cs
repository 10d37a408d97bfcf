using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>REUSEPORT_SOCKARRAY: every error of its operations, the order in which they are looked for, and how a seat empties.</summary>
public abstract class SockArrayContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const int Entries = 4;

    [Theory]
    [InlineData(4, 8, 4, MapFlags.None, Errno.None)]
    [InlineData(4, 4, 4, MapFlags.None, Errno.None)]
    [InlineData(4, 8, 1, MapFlags.None, Errno.None)]
    [InlineData(4, 8, 32768, MapFlags.None, Errno.None)]
    [InlineData(8, 8, 4, MapFlags.None, Errno.EINVAL)]
    [InlineData(2, 8, 4, MapFlags.None, Errno.EINVAL)]
    [InlineData(0, 8, 4, MapFlags.None, Errno.EINVAL)]
    [InlineData(4, 2, 4, MapFlags.None, Errno.EINVAL)]
    [InlineData(4, 16, 4, MapFlags.None, Errno.EINVAL)]
    [InlineData(4, 0, 4, MapFlags.None, Errno.EINVAL)]
    [InlineData(4, 8, 0, MapFlags.None, Errno.EINVAL)]
    [InlineData(4, 8, 4, MapFlags.ReadOnly, Errno.None)]
    [InlineData(4, 8, 4, MapFlags.WriteOnly, Errno.None)]
    [InlineData(4, 8, 4, MapFlags.ReadOnlyProgram, Errno.None)]
    [InlineData(4, 8, 4, MapFlags.WriteOnlyProgram, Errno.None)]
    [InlineData(4, 8, 4, MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram, Errno.EINVAL)]
    [InlineData(4, 8, 4, MapFlags.NoPreallocation, Errno.EINVAL)]
    [InlineData(4, 8, 4, MapFlags.NoCommonLru, Errno.EINVAL)]
    [InlineData(4, 8, 4, MapFlags.ZeroSeed, Errno.EINVAL)]
    [InlineData(4, 8, 4, MapFlags.Mmapable, Errno.EINVAL)]
    [InlineData(4, 8, 4, MapFlags.PreserveElements, Errno.EINVAL)]
    [InlineData(4, 8, 4, MapFlags.InnerMap, Errno.EINVAL)]
    public void Creation(int keySize, int valueSize, int maxEntries, MapFlags flags, Errno expected) => Assert.Equal(
        expected, Refusal(() => CreateMap(new MapSpec("seats", MapType.ReuseportSockArray, keySize, valueSize, maxEntries, flags))));

    /// <summary>
    /// What is put where, with which flags, while slot 0 holds a socket and the others are empty. Where several things are wrong at once,
    /// the kernel's order of checks decides which is told.
    /// </summary>
    [Theory]
    [InlineData("member", 1, MapUpdateFlags.Any, Errno.None)]
    [InlineData("member", 0, MapUpdateFlags.Any, Errno.None)]
    [InlineData("member", 0, MapUpdateFlags.Exist, Errno.None)]
    [InlineData("member", 1, MapUpdateFlags.NoExist, Errno.None)]
    [InlineData("member", 0, MapUpdateFlags.NoExist, Errno.EEXIST)]
    [InlineData("member", 1, MapUpdateFlags.Exist, Errno.ENOENT)]
    [InlineData("member", 1, (MapUpdateFlags)3, Errno.EINVAL)]
    [InlineData("member", 1, MapUpdateFlags.Lock, Errno.EINVAL)]
    [InlineData("member", 1, (MapUpdateFlags)8, Errno.EINVAL)]
    [InlineData("member", Entries, MapUpdateFlags.Any, Errno.E2BIG)]
    [InlineData("member", uint.MaxValue, MapUpdateFlags.Any, Errno.E2BIG)]
    [InlineData("member", Entries, (MapUpdateFlags)3, Errno.EINVAL)]
    [InlineData("tcp member", 1, MapUpdateFlags.Any, Errno.None)]
    [InlineData("v6 member", 1, MapUpdateFlags.Any, Errno.None)]
    [InlineData("seated", 1, MapUpdateFlags.Any, Errno.EBUSY)]
    [InlineData("seated", 0, MapUpdateFlags.Any, Errno.EBUSY)]
    [InlineData("seated", 0, MapUpdateFlags.Exist, Errno.EBUSY)]
    [InlineData("seated", 0, MapUpdateFlags.NoExist, Errno.EEXIST)]
    [InlineData("seated", 1, MapUpdateFlags.Exist, Errno.ENOENT)]
    [InlineData("seated", Entries, MapUpdateFlags.Any, Errno.E2BIG)]
    [InlineData("seated elsewhere", 1, MapUpdateFlags.Any, Errno.EBUSY)]
    [InlineData("unbound", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("unbound", 0, MapUpdateFlags.NoExist, Errno.EEXIST)]
    [InlineData("unbound", 1, MapUpdateFlags.Exist, Errno.ENOENT)]
    [InlineData("unbound", Entries, MapUpdateFlags.Any, Errno.E2BIG)]
    [InlineData("no option", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("option too late", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("option cleared", 1, MapUpdateFlags.Any, Errno.None)]
    [InlineData("connected", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("disconnected", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("tcp bound", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("tcp client", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("tcp accepted", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("tcp shut down", 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData("tcp shut down", 0, MapUpdateFlags.NoExist, Errno.EEXIST)]
    public void Update(string what, uint index, MapUpdateFlags flags, Errno expected)
    {
        IBackendSocket seated = Open("udp4");
        IBackendMap seats = CreateSeats([seated], Spec());
        IBackendSocket socket = Make(what, seated);

        Assert.Equal(expected, Refusal(() => seats.UpdateSocket(index, socket, flags)));

        for (uint slot = 0; slot < Entries; slot++)
        {
            ulong? holds = expected == Errno.None && slot == index ? socket.Cookie : slot == 0 ? seated.Cookie : null;
            Assert.Equal(holds is ulong cookie ? Bytes(cookie, 8) : null, seats.Lookup(Key(slot)));
        }
    }

    /// <summary>Values that are no descriptor. The index is checked before, the occupant after.</summary>
    [Theory]
    [InlineData(8, 0xffff_ffff_ffff_ffff, 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData(8, 0x1_0000_0000, 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData(8, 0x8000_0000, 1, MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData(8, 0x7fff_ffff, 1, MapUpdateFlags.Any, Errno.EBADF)]
    [InlineData(8, 0x7fff_ffff, 1, MapUpdateFlags.Exist, Errno.EBADF)]
    [InlineData(8, 0xffff_ffff_ffff_ffff, Entries, MapUpdateFlags.Any, Errno.E2BIG)]
    [InlineData(8, 0xffff_ffff_ffff_ffff, 1, (MapUpdateFlags)3, Errno.EINVAL)]
    [InlineData(4, 0xffff_ffff, 1, MapUpdateFlags.Any, Errno.EBADF)]
    [InlineData(4, 0x7fff_ffff, 1, MapUpdateFlags.Any, Errno.EBADF)]
    [InlineData(4, 0xffff_ffff, Entries, MapUpdateFlags.Any, Errno.E2BIG)]
    public void Update_with_no_socket(int valueSize, ulong value, uint index, MapUpdateFlags flags, Errno expected) => Assert.Equal(
        expected, Refusal(() => CreateMap(Spec() with { ValueSize = valueSize }).Update(Key(index), Bytes(value, valueSize), flags)));

    [Fact]
    public void A_socket_that_is_replaced_is_free_for_another_seat()
    {
        IBackendSocket[] sockets = [.. OpenMany("udp4", 2)];
        IBackendMap seats = CreateSeats([sockets[0]], Spec());

        seats.UpdateSocket(0, sockets[1]);
        seats.UpdateSocket(3, sockets[0]);

        Assert.Equal([sockets[1].Cookie, null, null, sockets[0].Cookie], Cookies(seats));
    }

    [Fact]
    public void Lookup_gives_cookies_and_nothing_where_nobody_sits()
    {
        IBackendSocket[] sockets = [.. OpenMany("tcp6", 3)];
        IBackendMap seats = CreateSeats(sockets, Spec());

        Assert.Equal([sockets[0].Cookie, sockets[1].Cookie, sockets[2].Cookie, null], Cookies(seats));
        Assert.Null(seats.Lookup(Key(Entries)));
        Assert.Null(seats.Lookup(Key(uint.MaxValue)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Entries)]
    public void Lookup_with_4_byte_values_is_always_ENOSPC(uint index)
    {
        IBackendMap seats = CreateSeats([Open("udp4")], Spec() with { ValueSize = 4 });

        Assert.Equal(Errno.ENOSPC, Refusal(() => seats.Lookup(Key(index))));
    }

    [Theory]
    [InlineData(0, Errno.None)]
    [InlineData(1, Errno.ENOENT)]
    [InlineData(Entries, Errno.E2BIG)]
    [InlineData(uint.MaxValue, Errno.E2BIG)]
    public void Delete(uint index, Errno expected)
    {
        IBackendSocket socket = Open("udp4");
        IBackendMap seats = CreateSeats([socket], Spec());

        Assert.Equal(expected, Refusal(() => seats.Delete(Key(index))));

        if (expected == Errno.None)
        {
            Assert.Null(seats.Lookup(Key(0)));
            CreateSeats([], Spec()).UpdateSocket(2, socket);
        }
        else
        {
            Assert.Equal(Errno.EBUSY, Refusal(() => seats.UpdateSocket(1, socket)));
        }
    }

    [Fact]
    public void Keys_are_listed_empty_seats_too()
    {
        IBackendMap seats = CreateSeats([Open("udp4")], Spec());
        List<byte[]> keys = [];
        for (byte[]? key = seats.NextKey([]); key is not null; key = seats.NextKey(key))
        {
            keys.Add(key);
        }

        Assert.Equal([Key(0), Key(1), Key(2), Key(3)], keys);
        Assert.Equal(Key(0), seats.NextKey(Key(Entries)));
        Assert.Equal(Key(0), seats.NextKey(Key(uint.MaxValue)));
    }

    [Fact]
    public void Frozen()
    {
        IBackendSocket socket = Open("udp4");
        IBackendMap seats = CreateSeats([socket], Spec());
        seats.Freeze();

        Assert.Equal(Errno.EPERM, Refusal(() => seats.UpdateSocket(1, Open("udp4"))));
        Assert.Equal(Errno.EPERM, Refusal(() => seats.UpdateSocket(Entries, Create("udp4"), (MapUpdateFlags)3)));
        Assert.Equal(Errno.EPERM, Refusal(() => seats.Delete(Key(0))));
        Assert.Equal(Errno.EPERM, Refusal(seats.Freeze));
        Assert.Equal([socket.Cookie, null, null, null], Cookies(seats));

        // The seat still empties when the socket goes.
        socket.Dispose();
        Assert.Null(seats.Lookup(Key(0)));
    }

    [Theory]
    [InlineData(MapFlags.ReadOnly, Errno.EPERM, Errno.None)]
    [InlineData(MapFlags.WriteOnly, Errno.None, Errno.EPERM)]
    public void A_descriptor_for_one_direction(MapFlags flags, Errno update, Errno lookup)
    {
        IBackendMap seats = CreateMap(Spec() with { Flags = flags });

        Assert.Equal(update, Refusal(() => seats.UpdateSocket(0, Open("udp4"))));
        Assert.Equal(lookup, Refusal(() => seats.Lookup(Key(0))));
        Assert.Equal(lookup, Refusal(() => seats.NextKey([])));
    }

    [Theory]
    [InlineData("udp4", "close")]
    [InlineData("udp6", "close")]
    [InlineData("tcp4", "close")]
    [InlineData("tcp6", "close")]
    [InlineData("udp4", "connect")]
    [InlineData("udp6", "connect")]
    [InlineData("udp4 any", "connect")]
    [InlineData("tcp4", "shutdown")]
    [InlineData("tcp6", "shutdown")]
    [InlineData("tcp4", "shutdown both")]
    public void A_socket_that_leaves_its_group_leaves_its_seat(string kind, string how)
    {
        IBackendSocket[] sockets = [.. OpenMany(kind, 3)];
        IBackendMap seats = CreateSeats(sockets, Spec());
        switch (how)
        {
            case "close":
                sockets[1].Dispose();
                break;
            case "connect":
                sockets[1].Connect(new IPEndPoint(sockets[1].Family == IpFamily.V4 ? World.ClientV4 : World.ClientV6, 9));
                break;
            default:
                sockets[1].Shutdown(how == "shutdown" ? SocketShutdown.Receive : SocketShutdown.Both);
                break;
        }

        Assert.Equal([sockets[0].Cookie, null, sockets[2].Cookie, null], Cookies(seats));
    }

    [Theory]
    [InlineData("tcp4", "shutdown send")]
    [InlineData("udp4", "disconnect")]
    [InlineData("udp6", "disconnect")]
    [InlineData("udp4", "option cleared")]
    [InlineData("tcp4", "listen again")]
    public void A_socket_that_stays_in_its_group_keeps_its_seat(string kind, string how)
    {
        IBackendSocket socket = Open(kind);
        IBackendMap seats = CreateSeats([socket], Spec());
        switch (how)
        {
            case "shutdown send":
                socket.Shutdown(SocketShutdown.Send);
                break;
            case "disconnect":
                socket.Disconnect();
                break;
            case "listen again":
                socket.Listen(1);
                break;
            default:
                socket.SetOption(SocketOption.ReusePort, 0);
                break;
        }

        Assert.Equal([socket.Cookie, null, null, null], Cookies(seats));
    }

    [Fact]
    public void A_map_that_is_gone_frees_its_sockets()
    {
        IBackendSocket socket = Open("udp4");
        IBackendMap seats = CreateSeats([socket], Spec());
        IBackendMap others = CreateMap(Spec());
        Assert.Equal(Errno.EBUSY, Refusal(() => others.UpdateSocket(0, socket)));

        seats.Dispose();

        Assert.True(Becomes(() => Refusal(() => others.UpdateSocket(0, socket)) == Errno.None));
    }

    [Fact]
    public void A_program_keeps_its_map()
    {
        IBackendSocket[] sockets = [.. OpenMany("udp4", 2)];
        IBackendMap seats = CreateSeats(sockets, Spec());
        IBackendProgram program = AttachSelection(sockets[0], seats, 1);
        program.Dispose();
        seats.Dispose();
        Backend.WaitForReaders();

        Assert.Equal(Slot(1), Arrival("udp4", sockets));
        Assert.Equal(Errno.EBUSY, Refusal(() => CreateMap(Spec()).UpdateSocket(0, sockets[0])));
    }

    private static MapSpec Spec() => TestPrograms.Seats with { MaxEntries = Entries };

    private static ulong?[] Cookies(IBackendMap seats) =>
        [.. Enumerable.Range(0, Entries).Select(slot => seats.Lookup(Key((uint)slot)) is { } value ? BitConverter.ToUInt64(value) : (ulong?)null)];

    private IBackendSocket Make(string what, IBackendSocket seated)
    {
        switch (what)
        {
            case "seated":
                return seated;
            case "seated elsewhere":
                IBackendSocket elsewhere = Open("udp4");
                _ = CreateSeats([elsewhere], Spec());
                return elsewhere;
            default:
                return InState(what);
        }
    }
}
