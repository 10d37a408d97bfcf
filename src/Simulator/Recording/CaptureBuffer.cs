using System.Buffers;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A window of 1 MiB that moves over a capture: all the memory that reading it takes, whatever its size.</summary>
/// <param name="input">The capture.</param>
/// <param name="cancellation">Ends the reading.</param>
/// <param name="start">Where in the capture to begin.</param>
internal sealed class CaptureBuffer(ICaptureInput input, CancellationToken cancellation, long start = 0) : IDisposable
{
    /// <summary>Several of the largest records. Mapping the file instead is slower.</summary>
    public const int Capacity = 1 << 20;

    /// <summary>Bytes of one system call: what is read stays in the second cache of the processor until it is parsed.</summary>
    private const int ReadLength = 1 << 18;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Capacity);
    private int _start;
    private int _end;
    private long _offset = start;

    /// <summary>Bytes from the present position on that are at hand.</summary>
    public ReadOnlySpan<byte> Available => _bytes.AsSpan(_start, _end - _start);

    /// <summary>The present position in the capture.</summary>
    public long Position => _offset + _start;

    /// <summary>How far that is, from 0 to 1.</summary>
    public double Progress => Math.Min(1, (double)Position / Math.Max(1, input.Length));

    /// <summary>Why the system cannot read on, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Bytes at hand as memory, valid until the next <see cref="Fill"/> or <see cref="Skip"/>.</summary>
    public ReadOnlyMemory<byte> Slice(int start, int length) => _bytes.AsMemory(_start + start, length);

    /// <summary>Goes on by bytes that are at hand.</summary>
    public void Advance(int count) => _start += count;

    /// <summary>Goes on by any number of bytes, without reading those that are not at hand. False when the capture ends before.</summary>
    public bool Skip(long count)
    {
        if (count <= _end - _start)
        {
            _start += (int)count;
            return true;
        }

        if (count > input.Length - Position)
        {
            return false;
        }

        _offset = Position + count;
        _start = _end = 0;
        return true;
    }

    /// <summary>Makes that many bytes available, at most <see cref="Capacity"/>; false at the end of the capture, or on an <see cref="Error"/>.</summary>
    public bool Fill(int count) => _end - _start >= count || Read(count);

    public void Dispose()
    {
        input.Dispose();
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, _start, _end) = ([], 0, 0);
        }
    }

    private bool Read(int count)
    {
        _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
        _offset += _start;
        _end -= _start;
        _start = 0;
        try
        {
            while (_end < count)
            {
                cancellation.ThrowIfCancellationRequested();
                int read = input.Read(_bytes.AsSpan(_end, Math.Min(Capacity - _end, Math.Max(ReadLength, count - _end))), _offset + _end);
                if (read == 0)
                {
                    return false;
                }

                _end += read;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Error = exception.Message;
            return false;
        }

        return true;
    }
}
