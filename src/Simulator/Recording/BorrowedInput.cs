namespace ReuseportPS.Simulator.Recording;

/// <summary>An input that others read too, and that is not closed with the reader.</summary>
internal sealed class BorrowedInput(ICaptureInput input) : ICaptureInput
{
    public long Length => input.Length;

    public int Read(Span<byte> buffer, long offset) => input.Read(buffer, offset);

    public void Dispose()
    {
    }
}
