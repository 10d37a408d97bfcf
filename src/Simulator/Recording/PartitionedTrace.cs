using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A part of a trace.</summary>
internal sealed class PartitionedTrace(IPacketSource source, TracePartition partition) : SelectiveTrace(source)
{
    public TracePartition Partition => partition;

    protected override SelectiveReader Select(IPacketReader inner) => new Reader(inner, partition);

    private sealed class Reader(IPacketReader inner, TracePartition partition) : SelectiveReader(inner)
    {
        public override TraceStatistics Statistics => Kept with { OtherPartition = LeftOut };

        protected override bool Keeps(in FlowKey flow) => partition.Contains(flow);
    }
}
