using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Maps;

/// <summary>A map of sockets. User space writes descriptors and reads cookies; helper 82 selects from it.</summary>
/// <param name="spec">A spec that the checks of creation accept.</param>
/// <param name="cpuCount">Possible CPUs.</param>
/// <param name="descriptors">What a file descriptor of the calling process is open on: a <see cref="Sock"/>, something else, or null.</param>
internal abstract class SocketMap(MapSpec spec, int cpuCount, Func<int, object?> descriptors) : BpfMap(spec, cpuCount)
{
    /// <summary>What helper 82 says of a socket here that is in no group.</summary>
    public abstract Errno NoGroup { get; }

    /// <summary>The socket of a key, or null.</summary>
    public abstract Sock? Find(ReadOnlySpan<byte> key);

    /// <summary>BPF_MAP_UPDATE_ELEM with a socket: the checks in the kernel's order.</summary>
    public Errno UpdateSocket(ReadOnlySpan<byte> key, Sock sock, MapUpdateFlags flags)
    {
        Errno refused = CheckWrite(flags);
        return refused == Errno.None ? Put(key, sock, (ulong)flags) : refused;
    }

    /// <summary>The last reference to the map is gone: its sockets are free for other maps.</summary>
    public abstract void Free();

    /// <summary>Puts a socket under a key, after the checks that every map has.</summary>
    protected abstract Errno Put(ReadOnlySpan<byte> key, Sock sock, ulong flags);

    /// <inheritdoc/>
    protected sealed override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value)
    {
        if (Spec.ValueSize != sizeof(ulong))
        {
            return Errno.ENOSPC;
        }

        if (Find(key) is not { } sock)
        {
            return Errno.ENOENT;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(value, sock.Cookie);
        return Errno.None;
    }

    /// <summary>The number that a value has for a descriptor.</summary>
    protected ulong DescriptorOf(ReadOnlySpan<byte> value) =>
        Spec.ValueSize == sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(value) : BinaryPrimitives.ReadUInt32LittleEndian(value);

    /// <summary>Puts the socket of a descriptor under a key. EBADF, ENOTSOCK.</summary>
    protected Errno PutDescriptor(ReadOnlySpan<byte> key, int descriptor, ulong flags) => descriptors(descriptor) switch
    {
        null => Errno.EBADF,
        Sock sock => Put(key, sock, flags),
        _ => Errno.ENOTSOCK,
    };
}
