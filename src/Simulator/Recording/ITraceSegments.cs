namespace ReuseportPS.Simulator.Recording;

/// <summary>
/// The segments of one trace. Where a segment begins is a guess, which <see cref="ISegmentReader.Follows"/> confirms once the segment before has been read. Safe for
/// several threads.
/// </summary>
internal interface ITraceSegments : IDisposable
{
    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>A reader of one of them; null when its beginning was not found.</summary>
    ISegmentReader? Open(int index, CancellationToken cancellationToken);

    /// <summary>A reader of all that comes after a segment, which has ended and was joined to those before it; null for the whole trace.</summary>
    ISegmentReader OpenRest(ISegmentReader? before, CancellationToken cancellationToken);
}
