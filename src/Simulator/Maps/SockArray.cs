using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Maps;

/// <summary>
/// BPF_MAP_TYPE_REUSEPORT_SOCKARRAY (kernel/bpf/reuseport_array.c): seats for members of groups. A socket sits in one seat of one
/// such map at most, and the seat empties by itself when the socket leaves its group: the map holds no reference.
/// </summary>
internal sealed class SockArray : SocketMap
{
    private const int PageSize = 4096;

    private readonly Sock?[]?[] _pages;

    /// <summary>An empty map.</summary>
    /// <param name="spec">A spec that <see cref="CheckSpec"/> accepts.</param>
    /// <param name="cpuCount">Possible CPUs.</param>
    /// <param name="descriptors">What a file descriptor of the calling process is open on: a <see cref="Sock"/>, something else, or null.</param>
    public SockArray(MapSpec spec, int cpuCount, Func<int, object?> descriptors)
        : base(spec, cpuCount, descriptors) => _pages = new Sock?[]?[(spec.MaxEntries - 1) / PageSize + 1];

    /// <inheritdoc/>
    public override Errno NoGroup => Errno.ENOENT;

    /// <summary>The checks of creation, in the kernel's words and order. EINVAL, ENOMEM.</summary>
    public static Errno CheckSpec(MapSpec spec)
    {
        const MapFlags Allowed =
            MapFlags.NumaNode | MapFlags.ReadOnly | MapFlags.WriteOnly | MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram;
        const MapFlags BothForPrograms = MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram;
        const MapFlags BothForUser = MapFlags.ReadOnly | MapFlags.WriteOnly;
        bool refused = spec.KeySize != 4 || spec.ValueSize is not (4 or 8) || spec.MaxEntries == 0 || (spec.Flags & ~Allowed) != MapFlags.None ||
            (spec.Flags & BothForPrograms) == BothForPrograms || (spec.Flags & BothForUser) == BothForUser;
        return refused ? Errno.EINVAL : spec.MaxEntries < 0 ? Errno.ENOMEM : Errno.None; // 2^31 and more: 16 GiB
    }

    /// <summary>The socket of a seat, or null.</summary>
    public Sock? this[uint index] => index < (uint)Spec.MaxEntries ? _pages[index / PageSize]?[index % PageSize] : null;

    /// <inheritdoc/>
    public override Sock? Find(ReadOnlySpan<byte> key) => this[BinaryPrimitives.ReadUInt32LittleEndian(key)];

    /// <summary>A socket leaves its group, and its seat with it.</summary>
    public void Vacate(Sock sock)
    {
        _pages[sock.SeatIndex / PageSize]![sock.SeatIndex % PageSize] = null;
        sock.Seat = null;
        sock.SeatIndex = 0;
    }

    /// <inheritdoc/>
    public override void Free()
    {
        foreach (Sock?[]? page in _pages)
        {
            foreach (Sock? sock in page ?? [])
            {
                if (sock is not null)
                {
                    Vacate(sock);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        uint index = BinaryPrimitives.ReadUInt32LittleEndian(key);
        Errno refused = CheckPlace(index, flags);
        if (refused != Errno.None)
        {
            return refused;
        }

        ulong descriptor = DescriptorOf(value);
        return Spec.ValueSize == sizeof(ulong) && descriptor > int.MaxValue ? Errno.EINVAL : PutDescriptor(key, (int)descriptor, flags);
    }

    /// <inheritdoc/>
    protected override Errno Put(ReadOnlySpan<byte> key, Sock sock, ulong flags)
    {
        uint index = BinaryPrimitives.ReadUInt32LittleEndian(key);
        Errno refused = CheckPlace(index, flags);
        return refused == Errno.None ? Seat(index, sock, flags) : refused;
    }

    /// <inheritdoc/>
    protected override Errno DeleteCore(ReadOnlySpan<byte> key)
    {
        uint index = BinaryPrimitives.ReadUInt32LittleEndian(key);
        if (index >= (uint)Spec.MaxEntries)
        {
            return Errno.E2BIG;
        }

        if (this[index] is not { } sock)
        {
            return Errno.ENOENT;
        }

        Vacate(sock);
        return Errno.None;
    }

    /// <inheritdoc/>
    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next)
    {
        uint max = (uint)Spec.MaxEntries;
        uint current = key.IsEmpty ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(key);
        if (current == max - 1)
        {
            return Errno.ENOENT;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(next, current < max ? current + 1 : 0);
        return Errno.None;
    }

    private Errno CheckPlace(uint index, ulong flags) =>
        flags > (ulong)MapUpdateFlags.Exist ? Errno.EINVAL
        : index >= (uint)Spec.MaxEntries ? Errno.E2BIG
        : Errno.None;

    private Errno Seat(uint index, Sock sock, ulong flags)
    {
        Sock? occupant = this[index];
        if (occupant is not null && flags == (ulong)MapUpdateFlags.NoExist)
        {
            return Errno.EEXIST;
        }

        if (occupant is null && flags == (ulong)MapUpdateFlags.Exist)
        {
            return Errno.ENOENT;
        }

        bool ready = sock.IsHashed && (sock.Protocol == TransportProtocol.Udp || sock.HasListened);
        if (!ready || sock.Group is null)
        {
            return Errno.EINVAL;
        }

        if (sock.Seat is not null || sock.MapEntries.Count > 0)
        {
            return Errno.EBUSY;
        }

        if (occupant is not null)
        {
            Vacate(occupant);
        }

        Sock?[] page = _pages[index / PageSize] ??= new Sock?[PageSize];
        page[index % PageSize] = sock;
        sock.Seat = this;
        sock.SeatIndex = index;
        return Errno.None;
    }
}
