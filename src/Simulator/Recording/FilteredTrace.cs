using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A trace seen through a <see cref="TraceFilter"/>.</summary>
internal sealed class FilteredTrace(IPacketSource source, TraceFilter filter) : SelectiveTrace(source)
{
    public override string Description => filter.ToString() is { Length: > 0 } conditions ? $"{base.Description}, {conditions}" : base.Description;

    protected override SelectiveReader Select(IPacketReader inner) => new Reader(inner, filter);

    private sealed class Reader(IPacketReader inner, TraceFilter filter) : SelectiveReader(inner)
    {
        public override TraceStatistics Statistics
        {
            get
            {
                TraceStatistics kept = Kept;
                return kept with { Filtered = kept.Filtered + LeftOut };
            }
        }

        protected override bool Keeps(in FlowKey flow) => filter.Matches(flow);
    }
}
