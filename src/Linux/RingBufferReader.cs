using ReuseportPS.Engine.Maps;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux;

/// <summary>The one consumer of a ring buffer of the kernel: its positions and its data, mapped into this process.</summary>
internal sealed unsafe class RingBufferReader : IDisposable
{
    private readonly nint _pageSize = Environment.SystemPageSize;
    private readonly int _size;
    private nint _consumer;
    private nint _producer;

    private RingBufferReader(int size) => _size = size;

    private nint ReadOnlyLength => _pageSize + 2 * (nint)_size;

    /// <summary>Maps a ring buffer.</summary>
    /// <param name="fd">The map.</param>
    /// <param name="size">Bytes of data.</param>
    /// <param name="refused">The negated errno when there is no reader.</param>
    internal static RingBufferReader? TryOpen(SafeMapFd fd, int size, out nint refused)
    {
        RingBufferReader reader = new(size);
        reader._consumer = refused = Sys.mmap(fd, reader._pageSize, Sys.PROT_READ | Sys.PROT_WRITE, Sys.MAP_SHARED, 0);
        if (refused >= 0)
        {
            reader._producer = refused = Sys.mmap(fd, reader.ReadOnlyLength, Sys.PROT_READ, Sys.MAP_SHARED, reader._pageSize);
        }

        if (refused >= 0)
        {
            return reader;
        }

        reader.Dispose();
        return null;
    }

    /// <summary>The next submitted record, or null; discarded ones are skipped.</summary>
    internal byte[]? Read()
    {
        ulong* consumer = (ulong*)_consumer;
        ulong* producer = (ulong*)_producer;
        byte* data = (byte*)(_producer + _pageSize);
        ulong position = *consumer;
        while (position < Volatile.Read(ref *producer))
        {
            byte* record = data + (position & (uint)(_size - 1));
            uint header = Volatile.Read(ref *(uint*)record);
            if ((header & RingBuffer.BusyBit) != 0)
            {
                return null;
            }

            uint length = header & ~RingBuffer.DiscardBit;
            byte[]? bytes = (header & RingBuffer.DiscardBit) == 0 ? new ReadOnlySpan<byte>(record + RingBuffer.HeaderSize, (int)length).ToArray() : null;
            position += (length + RingBuffer.HeaderSize + 7) & ~7UL;
            Volatile.Write(ref *consumer, position);
            if (bytes is not null)
            {
                return bytes;
            }
        }

        return null;
    }

    public void Dispose()
    {
        Unmap(ref _producer, ReadOnlyLength);
        Unmap(ref _consumer, _pageSize);
    }

    private static void Unmap(ref nint address, nint length)
    {
        if (address > 0)
        {
            Sys.munmap(address, length);
        }

        address = 0;
    }
}
