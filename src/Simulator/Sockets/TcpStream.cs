namespace ReuseportPS.Simulator.Sockets;

/// <summary>One end of a TCP connection: what arrived and was not read yet, and whether more can come. Segments are neither lost nor delayed.</summary>
internal sealed class TcpStream
{
    private readonly Queue<byte[]> _received = new();
    private byte[] _held = [];
    private int _offset;

    /// <summary>The other end; null when it is gone, or not there yet.</summary>
    public Sock? Peer { get; set; }

    /// <summary>The other end sent a FIN.</summary>
    public bool IsEnded { get; set; }

    /// <summary>This end sent a FIN.</summary>
    public bool HasSentEnd { get; set; }

    /// <summary>The connection was reset: nothing can be sent any more.</summary>
    public bool IsReset { get; set; }

    /// <summary>connect is done, and the SYN waits for the first data (TCP_FASTOPEN_CONNECT).</summary>
    public bool IsDeferred { get; init; }

    /// <summary>The server has nothing but the cookie that this end returns.</summary>
    public bool AwaitsCookie { get; set; }

    /// <summary>Sequence number of what is sent next.</summary>
    public uint SendNext { get; set; }

    public bool HasData => _received.Count > 0;

    /// <summary>What was sent before the other end was there, and is not acknowledged.</summary>
    public ReadOnlySpan<byte> Held => _held;

    public bool HoldsEnd { get; private set; }

    public void Hold(ReadOnlySpan<byte> data, bool ends)
    {
        _held = [.. _held, .. data];
        HoldsEnd |= ends;
    }

    /// <summary>The other end has what was held.</summary>
    public void Release()
    {
        Advance(_held.Length + (HoldsEnd ? 1 : 0));
        _held = [];
        HoldsEnd = false;
    }

    public void Advance(int count) => SendNext = unchecked(SendNext + (uint)count);

    public void Add(ReadOnlySpan<byte> data)
    {
        if (data.Length > 0)
        {
            _received.Enqueue(data.ToArray());
        }
    }

    public void DiscardReceived()
    {
        _received.Clear();
        _offset = 0;
    }

    public int Read(Span<byte> buffer)
    {
        int total = 0;
        while (total < buffer.Length && _received.TryPeek(out byte[]? chunk))
        {
            int length = Math.Min(buffer.Length - total, chunk.Length - _offset);
            chunk.AsSpan(_offset, length).CopyTo(buffer[total..]);
            total += length;
            _offset += length;
            if (_offset == chunk.Length)
            {
                _received.Dequeue();
                _offset = 0;
            }
        }

        return total;
    }
}
