namespace ReuseportPS.Simulator.Recording;

/// <summary>The segments of a capture file. All are read from one open file, so that they are of one file even if another takes its name.</summary>
/// <param name="input">The file.</param>
/// <param name="start">Begins to read the file at its beginning.</param>
/// <param name="pattern">A reader that has read up to the first packet: what it knows by then, the readers of later segments begin with.</param>
/// <param name="count">How many segments.</param>
internal sealed class CaptureSegments(ICaptureInput input, Func<CaptureBuffer, CaptureReader> start, CaptureReader pattern, int count) : ITraceSegments
{
    public int Count => count;

    public ISegmentReader? Open(int index, CancellationToken cancellationToken)
    {
        CaptureBuffer buffer = new(new BorrowedInput(input), cancellationToken, Boundary(index));
        CaptureReader reader = index == 0 ? start(buffer) : pattern.Fork(buffer);
        reader.Limit = index == count - 1 ? long.MaxValue : Boundary(index + 1);
        if (index > 0 && !reader.TryBegin())
        {
            reader.Dispose();
            return null;
        }

        return reader;
    }

    public ISegmentReader OpenRest(ISegmentReader? before, CancellationToken cancellationToken)
    {
        CaptureReader? ended = (CaptureReader?)before;
        CaptureBuffer buffer = new(new BorrowedInput(input), cancellationToken, ended?.End ?? 0);
        if (ended is null)
        {
            return start(buffer);
        }

        CaptureReader reader = ended.Fork(buffer);
        reader.Join(ended);
        return reader;
    }

    public void Dispose()
    {
        pattern.Dispose();
        input.Dispose();
    }

    private long Boundary(int index) => input.Length / count * index;
}
