using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Maps;

/// <summary>
/// BPF_MAP_TYPE_SOCKMAP and SOCKHASH (net/core/sock_map.c) without verdict programs. A socket stays under its keys until it is closed, in a group or
/// not; while it is in a sockarray it cannot come in, and the other way round.
/// </summary>
internal abstract class PsockMap(MapSpec spec, int cpuCount, Func<int, object?> descriptors) : SocketMap(spec, cpuCount, descriptors)
{
    private const int LongestKey = 512;

    /// <inheritdoc/>
    public sealed override Errno NoGroup => Errno.EINVAL;

    /// <inheritdoc/>
    public sealed override bool HasProgramUpdate => true;

    /// <summary>The checks of creation. EINVAL, E2BIG.</summary>
    public static Errno CheckSpec(MapSpec spec)
    {
        const MapFlags Allowed = MapFlags.NumaNode | MapFlags.ReadOnly | MapFlags.WriteOnly;
        const MapFlags BothForUser = MapFlags.ReadOnly | MapFlags.WriteOnly;
        bool isHash = spec.Type == MapType.SockHash;
        bool refused = (isHash ? spec.KeySize == 0 : spec.KeySize != sizeof(uint)) || spec.ValueSize is not (4 or 8) || spec.MaxEntries < 1 ||
            (spec.Flags & ~Allowed) != MapFlags.None || (spec.Flags & BothForUser) == BothForUser;
        return refused ? Errno.EINVAL : spec.KeySize > LongestKey ? Errno.E2BIG : Errno.None;
    }

    /// <inheritdoc/>
    public sealed override Sock? Find(ReadOnlySpan<byte> key) => FindEntry(key)?.Sock;

    /// <summary>Helper 2 with <c>ctx->sk</c> for the value.</summary>
    public Errno UpdateFromProgram(ReadOnlySpan<byte> key, Sock sock, ulong flags) => Put(key, sock, flags);

    /// <inheritdoc/>
    public sealed override Errno DeleteFromProgram(ReadOnlySpan<byte> key) => DeleteCore(key);

    /// <summary>Takes an entry out; its socket may sit elsewhere when it was the last.</summary>
    public void Remove(SockMapEntry entry)
    {
        entry.Sock.MapEntries.Remove(entry);
        Clear(entry);
    }

    /// <summary>The entry of a key, or null.</summary>
    protected abstract SockMapEntry? FindEntry(ReadOnlySpan<byte> key);

    /// <summary>Why there can be no entry under a key.</summary>
    protected abstract Errno CheckKey(ReadOnlySpan<byte> key, bool isThere);

    /// <summary>Enters an entry under a key that has none.</summary>
    protected abstract void Enter(SockMapEntry entry);

    /// <summary>Takes an entry out of the map's own structure.</summary>
    protected abstract void Clear(SockMapEntry entry);

    /// <inheritdoc/>
    protected sealed override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        ulong descriptor = DescriptorOf(value);
        return descriptor > int.MaxValue ? Errno.EINVAL : PutDescriptor(key, (int)descriptor, flags);
    }

    /// <inheritdoc/>
    protected sealed override Errno Put(ReadOnlySpan<byte> key, Sock sock, ulong flags)
    {
        SockMapEntry? old = FindEntry(key);
        Errno refused = !MayHold(sock) ? Errno.EOPNOTSUPP
            : flags > (ulong)MapUpdateFlags.Exist ? Errno.EINVAL
            : CheckIndex(key) is not Errno.None and Errno wrong ? wrong
            : sock.Seat is not null ? Errno.EBUSY
            : old is not null && flags == (ulong)MapUpdateFlags.NoExist ? Errno.EEXIST
            : old is null && flags == (ulong)MapUpdateFlags.Exist ? Errno.ENOENT
            : CheckKey(key, old is not null);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (old is not null)
        {
            Remove(old);
        }

        SockMapEntry entry = new(this, key.ToArray(), sock);
        sock.MapEntries.Add(entry);
        Enter(entry);
        return Errno.None;
    }

    /// <summary>What is wrong with a key, whatever is to be put there.</summary>
    protected virtual Errno CheckIndex(ReadOnlySpan<byte> key) => Errno.None;

    /// <summary>A listener, an established connection, a bound UDP socket.</summary>
    private static bool MayHold(Sock sock) => sock.Protocol == TransportProtocol.Udp
        ? sock.IsHashed
        : sock.State == SockState.Listen || (sock.State == SockState.Established && sock.Stream is { HasSentEnd: false, IsEnded: false, IsReset: false });
}
