using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Contract;

/// <summary>SOCKMAP and SOCKHASH as a steering program has them: what goes in, what helper 82 says of it, what a program may change.</summary>
public abstract class SocketMapContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const int Entries = 4;

    [Theory]
    [InlineData(MapType.SockMap, 4, 8, 1, MapFlags.None, Errno.None)]
    [InlineData(MapType.SockMap, 4, 4, 1, MapFlags.None, Errno.None)]
    [InlineData(MapType.SockMap, 4, 8, 1, MapFlags.ReadOnly, Errno.None)]
    [InlineData(MapType.SockMap, 4, 8, 1, MapFlags.WriteOnly, Errno.None)]
    [InlineData(MapType.SockMap, 8, 8, 1, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 4, 2, 1, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 4, 16, 1, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 4, 8, 0, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 4, 8, 1, MapFlags.NoPreallocation, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 4, 8, 1, MapFlags.ReadOnlyProgram, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 4, 8, 1, MapFlags.Mmapable, Errno.EINVAL)]
    [InlineData(MapType.SockHash, 4, 8, 1, MapFlags.None, Errno.None)]
    [InlineData(MapType.SockHash, 1, 8, 1, MapFlags.None, Errno.None)]
    [InlineData(MapType.SockHash, 16, 4, 1, MapFlags.None, Errno.None)]
    [InlineData(MapType.SockHash, 512, 8, 1, MapFlags.None, Errno.None)]
    [InlineData(MapType.SockHash, 513, 8, 1, MapFlags.None, Errno.E2BIG)]
    [InlineData(MapType.SockHash, 0, 8, 1, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.SockHash, 4, 2, 1, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.SockHash, 4, 8, 0, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.SockHash, 4, 8, 1, MapFlags.NoPreallocation, Errno.EINVAL)]
    public void Creation(MapType type, int keySize, int valueSize, int maxEntries, MapFlags flags, Errno expected) => Assert.Equal(
        expected, Refusal(() => CreateMap(new MapSpec("sockets", type, keySize, valueSize, maxEntries, flags))));

    [Theory]
    [MemberData(nameof(SocketMapCases.Updates), MemberType = typeof(SocketMapCases))]
    public void Update(MapType type, string what, uint key, MapUpdateFlags flags, Errno expected)
    {
        IBackendSocket first = Open("udp4");
        IBackendMap map = CreateMap(Spec(type));
        map.UpdateSocket(0, first);
        IBackendSocket socket = Make(what, first, type);

        Assert.Equal(expected, Refusal(() => map.UpdateSocket(key, socket, flags)));

        for (uint slot = 0; slot < Entries; slot++)
        {
            ulong? holds = expected == Errno.None && slot == key ? socket.Cookie : slot == 0 ? first.Cookie : null;
            Assert.Equal(holds is ulong cookie ? Bytes(cookie, 8) : null, map.Lookup(Key(slot)));
        }
    }

    [Theory]
    [InlineData(MapType.SockMap, 8, 0xffff_ffff_ffff_ffff, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 8, 0x1_0000_0000, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 8, 0x8000_0000, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 8, 0x7fff_ffff, Errno.EBADF)]
    [InlineData(MapType.SockMap, 4, 0xffff_ffff, Errno.EINVAL)]
    [InlineData(MapType.SockMap, 4, 0x7fff_ffff, Errno.EBADF)]
    [InlineData(MapType.SockHash, 8, 0xffff_ffff_ffff_ffff, Errno.EINVAL)]
    [InlineData(MapType.SockHash, 4, 0x7fff_ffff, Errno.EBADF)]
    public void Update_with_no_socket(MapType type, int valueSize, ulong value, Errno expected)
    {
        IBackendMap map = CreateMap(Spec(type) with { ValueSize = valueSize });
        Assert.Equal(expected, Refusal(() => map.Update(Key(1), Bytes(value, valueSize))));
        Assert.Equal(expected, Refusal(() => map.Update(Key(Entries), Bytes(value, valueSize))));
    }

    [Fact]
    public void A_full_hash_takes_no_more()
    {
        IBackendSocket[] sockets = [.. OpenMany("udp4", 4)];
        IBackendMap map = CreateMap(Spec(MapType.SockHash) with { MaxEntries = 3 });
        for (uint key = 0; key < 3; key++)
        {
            map.UpdateSocket(key + 100, sockets[key]);
        }

        Assert.Equal(Errno.E2BIG, Refusal(() => map.UpdateSocket(7, sockets[3])));
        map.UpdateSocket(101, sockets[3]);
        Assert.Equal(Bytes(sockets[3].Cookie, 8), map.Lookup(Key(101)));
    }

    [Fact]
    public void Lookup_delete_and_keys()
    {
        IBackendSocket socket = Open("udp4");
        IBackendMap map = CreateMap(Spec(MapType.SockMap));
        IBackendMap hash = CreateMap(Spec(MapType.SockHash));
        map.UpdateSocket(2, socket);
        hash.UpdateSocket(77, socket);

        Assert.Null(map.Lookup(Key(0)));
        Assert.Null(map.Lookup(Key(Entries)));
        Assert.Null(hash.Lookup(Key(0)));
        Assert.Equal([Key(0), Key(1), Key(2), Key(3)], Keys(map));
        Assert.Equal([Key(77)], Keys(hash));
        Assert.Equal(Errno.EINVAL, Refusal(() => map.Delete(Key(0))));
        Assert.Equal(Errno.EINVAL, Refusal(() => map.Delete(Key(Entries))));
        Assert.Equal(Errno.ENOENT, Refusal(() => hash.Delete(Key(0))));
        map.Delete(Key(2));
        hash.Delete(Key(77));
        Assert.Null(map.Lookup(Key(2)));
        Assert.Null(hash.Lookup(Key(77)));
        Assert.Empty(Keys(hash));
        Assert.True(AreUnseated([socket]));
    }

    [Theory]
    [InlineData(MapType.SockMap)]
    [InlineData(MapType.SockHash)]
    public void Lookup_with_4_byte_values_is_always_ENOSPC(MapType type)
    {
        IBackendMap map = CreateMap(Spec(type) with { ValueSize = 4 });
        map.UpdateSocket(0, Open("udp4"));

        Assert.Equal(Errno.ENOSPC, Refusal(() => map.Lookup(Key(0))));
        Assert.Equal(Errno.ENOSPC, Refusal(() => map.Lookup(Key(1))));
    }

    [Theory]
    [InlineData(MapType.SockMap)]
    [InlineData(MapType.SockHash)]
    public void Frozen(MapType type)
    {
        IBackendSocket socket = Open("udp4");
        IBackendMap map = CreateMap(Spec(type));
        map.UpdateSocket(0, socket);
        map.Freeze();

        Assert.Equal(Errno.EPERM, Refusal(() => map.UpdateSocket(1, socket)));
        Assert.Equal(Errno.EPERM, Refusal(() => map.Delete(Key(0))));
        Assert.Equal(Bytes(socket.Cookie, 8), map.Lookup(Key(0)));
    }

    /// <summary>One kind of socket map at a time; a socket that has left the one may go into the other.</summary>
    [Theory]
    [InlineData(MapType.SockMap, "udp4")]
    [InlineData(MapType.SockHash, "tcp6")]
    public void In_a_sockarray_or_in_sockmaps(MapType type, string kind)
    {
        IBackendSocket socket = Open(kind);
        IBackendMap seats = CreateMap(TestPrograms.Seats);
        IBackendMap map = CreateMap(Spec(type));
        map.UpdateSocket(0, socket);
        map.UpdateSocket(1, socket);
        Assert.Equal(Errno.EBUSY, Refusal(() => seats.UpdateSocket(0, socket)));

        map.Delete(Key(0));
        Assert.Equal(Errno.EBUSY, Refusal(() => seats.UpdateSocket(0, socket)));
        map.Delete(Key(1));
        Assert.True(Becomes(() => Refusal(() => seats.UpdateSocket(0, socket)) == Errno.None));

        Assert.Equal(Errno.EBUSY, Refusal(() => map.UpdateSocket(0, socket)));
        seats.Delete(Key(0));
        Assert.True(Becomes(() => Refusal(() => map.UpdateSocket(0, socket)) == Errno.None));
    }

    /// <summary>What takes a socket out of its keys, and what does not.</summary>
    [Theory]
    [InlineData("udp4", "close", true)]
    [InlineData("udp4", "connect", false)]
    [InlineData("udp4", "disconnect", false)]
    [InlineData("udp6", "close", true)]
    [InlineData("tcp4", "close", true)]
    [InlineData("tcp4", "shutdown", false)]
    [InlineData("tcp4", "shutdown write", false)]
    [InlineData("tcp6", "shutdown", false)]
    [InlineData("tcp4", "option off", false)]
    public void Leaving(string kind, string how, bool leaves)
    {
        IBackendSocket socket = Open(kind);
        IBackendMap map = CreateMap(Spec(MapType.SockMap));
        IBackendMap hash = CreateMap(Spec(MapType.SockHash));
        map.UpdateSocket(0, socket);
        map.UpdateSocket(3, socket);
        hash.UpdateSocket(5, socket);
        switch (how)
        {
            case "close":
                socket.Dispose();
                break;
            case "connect" or "disconnect":
                socket.Connect(new IPEndPoint(socket.LocalEndPoint!.Address, 9));
                if (how == "disconnect")
                {
                    socket.Disconnect();
                }

                break;
            case "option off":
                socket.SetOption(SocketOption.ReusePort, 0);
                break;
            default:
                socket.Shutdown(how == "shutdown" ? SocketShutdown.Receive : SocketShutdown.Send);
                break;
        }

        Assert.True(Becomes(() => (map.Lookup(Key(0)) is null) == leaves));
        Assert.Equal(leaves, map.Lookup(Key(3)) is null);
        Assert.Equal(leaves, hash.Lookup(Key(5)) is null);
    }

    [Theory]
    [InlineData(MapType.SockMap)]
    [InlineData(MapType.SockHash)]
    public void A_map_that_is_gone_frees_its_sockets(MapType type)
    {
        IBackendSocket socket = Open("udp4");
        IBackendMap map = Backend.CreateMap(Spec(type));
        map.UpdateSocket(0, socket);
        map.Dispose();

        Assert.True(AreUnseated([socket]));
    }

    /// <summary>The packet, what sits under key 1, the key, and what helper 82 returns. Key 0 holds a member.</summary>
    [Theory]
    [InlineData("udp4", "", 0, 0)]
    [InlineData("tcp4", "", 0, 0)]
    [InlineData("udp6", "", 0, 0)]
    [InlineData("tcp6", "", 0, 0)]
    [InlineData("udp4", "udp4", 1, 0)]
    [InlineData("tcp4", "tcp4", 1, 0)]
    [InlineData("udp4", "", 1, -2)]
    [InlineData("udp4", "", Entries, -2)]
    [InlineData("udp4", "", uint.MaxValue, -2)]
    [InlineData("udp4", "no option", 1, -22)]
    [InlineData("udp4", "connected", 1, -22)]
    [InlineData("udp4", "tcp client", 1, -22)]
    [InlineData("tcp4", "udp unshared", 1, -22)]
    [InlineData("udp4", "udp4 any", 1, -77)]
    [InlineData("udp4", "udp4 other", 1, -77)]
    [InlineData("udp4", "tcp4", 1, -91)]
    [InlineData("udp4", "udp6", 1, -97)]
    [InlineData("tcp4", "tcp6", 1, -97)]
    public void What_the_helper_returns(string kind, string neighbour, uint key, long expected)
    {
        foreach (MapType type in (MapType[])[MapType.SockMap, MapType.SockHash])
        {
            int port = World.NextPort();
            IBackendSocket member = Open(kind, port);
            IBackendMap map = CreateMap(Spec(type));
            map.UpdateSocket(0, member);
            IBackendSocket? other = neighbour switch
            {
                "" => null,
                "udp unshared" => Open("udp4 -reuseport", World.NextPort()),
                "no option" or "connected" or "tcp client" => InState(neighbour),
                _ => Open(neighbour, port),
            };
            if (other is not null)
            {
                map.UpdateSocket(1, other);
            }

            ProgramSpec spec = TestPrograms.Select(map.Spec, [key]);
            IBackendMap results = CreateMap(spec.Maps[1]);
            member.AttachProgram(Load(spec, map, results));
            _ = Arrival(kind, [member], port);

            Assert.Equal((type, expected), (type, ReadResults(results)[0]));
        }
    }

    /// <summary>
    /// A listener that is shut down stays under its key, without a group; with one, when connections may migrate: then it can be selected, and nobody
    /// answers a SYN.
    /// </summary>
    [Theory]
    [InlineData(false, -22, Errno.None)]
    [InlineData(true, 0, Errno.ETIMEDOUT)]
    public void A_listener_that_was_shut_down(bool migrates, long returned, Errno connect)
    {
        World.MigratesRequests = migrates;
        try
        {
            IBackendSocket[] members = [.. OpenMany("tcp4", 2)];
            IBackendMap map = CreateMap(Spec(MapType.SockMap));
            map.UpdateSocket(1, members[0]);
            ProgramSpec spec = TestPrograms.Select(map.Spec, [1]);
            IBackendMap results = CreateMap(spec.Maps[1]);
            members[1].AttachProgram(Load(spec, map, results));
            members[0].Shutdown(SocketShutdown.Receive);

            Assert.Equal(connect, Refusal(() => ConnectClient("tcp4")));
            Assert.Equal([returned], ReadResults(results));
        }
        finally
        {
            World.MigratesRequests = false;
        }
    }

    /// <summary>A socket map steers, and packets arrive as from any other socket.</summary>
    [Theory]
    [InlineData("udp4", MapType.SockMap)]
    [InlineData("udp6", MapType.SockHash)]
    [InlineData("tcp4", MapType.SockMap)]
    [InlineData("tcp6", MapType.SockHash)]
    public void Selection(string kind, MapType type)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        IBackendMap map = CreateMap(Spec(type));
        for (int index = 0; index < members.Length; index++)
        {
            map.UpdateSocket((uint)(2 - index), members[index]);
        }

        for (uint key = 0; key < 3; key++)
        {
            _ = AttachSelection(members[0], map, key);
            Assert.Equal(Slot(2 - (int)key), Arrival(kind, members));
        }
    }

    [Fact]
    public void Keys_of_another_length()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        IBackendMap map = CreateMap(new MapSpec("sockets", MapType.SockHash, 16, 8, 8));
        byte[] key = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
        map.UpdateSocket(key, members[1]);

        Assert.Equal(Bytes(members[1].Cookie, 8), map.Lookup(key));
        Assert.Equal(key, map.NextKey([]));
        map.Delete(key);
        Assert.Null(map.Lookup(key));
    }

    /// <summary>A program puts <c>ctx->sk</c> into a map (null: deletes), by flags, while key 0 holds another member: what the helper returns, and what is there then.</summary>
    [Theory]
    [InlineData(MapType.SockMap, 1, MapUpdateFlags.Any, 0)]
    [InlineData(MapType.SockMap, 0, MapUpdateFlags.Any, 0)]
    [InlineData(MapType.SockMap, 0, MapUpdateFlags.NoExist, -17)]
    [InlineData(MapType.SockMap, 1, MapUpdateFlags.Exist, -2)]
    [InlineData(MapType.SockMap, 1, (MapUpdateFlags)3, -22)]
    [InlineData(MapType.SockMap, Entries, MapUpdateFlags.Any, -7)]
    [InlineData(MapType.SockHash, 1, MapUpdateFlags.Any, 0)]
    [InlineData(MapType.SockHash, 0, MapUpdateFlags.NoExist, -17)]
    [InlineData(MapType.SockHash, 1, MapUpdateFlags.Exist, -2)]
    [InlineData(MapType.SockHash, 1, (MapUpdateFlags)3, -22)]
    [InlineData(MapType.SockMap, 0, null, 0)]
    [InlineData(MapType.SockMap, 1, null, -22)]
    [InlineData(MapType.SockMap, Entries, null, -22)]
    [InlineData(MapType.SockHash, 0, null, 0)]
    [InlineData(MapType.SockHash, 1, null, -2)]
    public void Changes_by_a_program(MapType type, uint key, MapUpdateFlags? flags, long expected)
    {
        foreach (string kind in (string[])["udp4", "tcp4"])
        {
            int port = World.NextPort();
            IBackendSocket first = Open(kind, port);
            IBackendSocket last = Open(kind, port); // the one that IPv4 meets first
            IBackendMap map = CreateMap(Spec(type));
            map.UpdateSocket(0, first);
            ProgramSpec spec = SocketMapPrograms.Change(map.Spec, key, flags);
            IBackendMap results = CreateMap(spec.Maps[1]);
            first.AttachProgram(Load(spec, map, results));

            Assert.Equal(Engine.Scenarios.ArrivalKind.Slot, Arrival(kind, [first, last], port).Kind);

            Assert.Equal((kind, expected), (kind, ReadResults(results)[0]));
            ulong? holds = expected == 0 ? flags is null ? null : last.Cookie : key == 0 ? first.Cookie : null;
            Assert.Equal(holds is ulong cookie ? Bytes(cookie, 8) : null, map.Lookup(Key(key)));
        }
    }

    /// <summary>A socket in a sockarray cannot be put into a sockmap by a program either.</summary>
    [Fact]
    public void A_program_finds_a_seated_socket_busy()
    {
        IBackendSocket member = Open("udp4");
        _ = CreateSeats([member]);
        IBackendMap map = CreateMap(Spec(MapType.SockMap));
        ProgramSpec spec = SocketMapPrograms.Change(map.Spec, 0, MapUpdateFlags.Any);
        IBackendMap results = CreateMap(spec.Maps[1]);
        member.AttachProgram(Load(spec, map, results));

        Assert.Equal(Slot(0), Arrival("udp4", [member]));
        Assert.Equal([-16L], ReadResults(results));
    }

    private static MapSpec Spec(MapType type) => new("sockets", type, 4, 8, Entries);

    private IBackendSocket Make(string what, IBackendSocket first, MapType type)
    {
        switch (what)
        {
            case "same":
                return first;
            case "seated":
                IBackendSocket seated = Open("udp4");
                _ = CreateSeats([seated]);
                return seated;
            case "elsewhere":
                IBackendSocket elsewhere = Open("udp4");
                CreateMap(Spec(type)).UpdateSocket(3, elsewhere);
                return elsewhere;
            default:
                return InState(what);
        }
    }

    private static List<byte[]> Keys(IBackendMap map)
    {
        List<byte[]> keys = [];
        for (byte[]? key = map.NextKey([]); key is not null && keys.Count < 10; key = map.NextKey(key))
        {
            keys.Add(key);
        }

        return keys;
    }
}
