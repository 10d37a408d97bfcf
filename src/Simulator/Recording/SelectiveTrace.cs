using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Some of the flows of a trace.</summary>
internal abstract class SelectiveTrace(IPacketSource source) : ISegmentedSource
{
    public virtual string Description => source.Description;

    public IPacketReader Open() => Select(source.Open());

    public IPacketReader Open(CancellationToken cancellationToken) => Select(source.Open(cancellationToken));

    public ITraceSegments? Divide(int count) => (source as ISegmentedSource)?.Divide(count) is ITraceSegments all ? new Segments(this, all) : null;

    /// <summary>A reader of those flows out of a reader of all.</summary>
    protected abstract SelectiveReader Select(IPacketReader inner);

    private sealed class Segments(SelectiveTrace trace, ITraceSegments all) : ITraceSegments
    {
        public int Count => all.Count;

        public ISegmentReader? Open(int index, CancellationToken cancellationToken) =>
            all.Open(index, cancellationToken) is ISegmentReader inner ? trace.Select(inner) : null;

        public ISegmentReader OpenRest(ISegmentReader? before, CancellationToken cancellationToken)
        {
            SelectiveReader? ended = (SelectiveReader?)before;
            SelectiveReader rest = trace.Select(all.OpenRest((ISegmentReader?)ended?.Inner, cancellationToken));
            if (ended is not null)
            {
                rest.JoinSelection(ended);
            }

            return rest;
        }

        public void Dispose() => all.Dispose();
    }
}
