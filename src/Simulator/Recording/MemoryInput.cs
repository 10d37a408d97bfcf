namespace ReuseportPS.Simulator.Recording;

/// <summary>A capture in memory.</summary>
internal sealed class MemoryInput(ReadOnlyMemory<byte> bytes) : ICaptureInput
{
    public long Length => bytes.Length;

    public int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Min(buffer.Length, bytes.Length - offset);
        bytes.Span.Slice((int)offset, count).CopyTo(buffer);
        return count;
    }

    public void Dispose()
    {
    }
}
