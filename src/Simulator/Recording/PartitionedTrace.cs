using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A part of a trace.</summary>
internal sealed class PartitionedTrace(IPacketSource source, TracePartition partition) : IPacketSource
{
    public TracePartition Partition => partition;

    public string Description => source.Description;

    public IPacketReader Open() => new Reader(source.Open(), partition);

    public IPacketReader Open(CancellationToken cancellationToken) => new Reader(source.Open(cancellationToken), partition);

    private sealed class Reader(IPacketReader inner, TracePartition partition) : SelectiveReader(inner)
    {
        public override TraceStatistics Statistics => Kept with { OtherPartition = LeftOut };

        protected override bool Keeps(in FlowKey flow) => partition.Contains(flow);
    }
}
