using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A part of a trace.</summary>
internal sealed class PartitionedTrace(IPacketSource source, TracePartition partition) : IPacketSource
{
    public TracePartition Partition => partition;

    public string Description => source.Description;

    public IPacketReader Open() => new Reader(source.Open(), partition);

    public IPacketReader Open(CancellationToken cancellationToken) => new Reader(source.Open(cancellationToken), partition);

    private sealed class Reader(IPacketReader inner, TracePartition partition) : IPacketReader
    {
        private long _others;
        private long _othersCutShort;

        public TraceStatistics Statistics
        {
            get
            {
                TraceStatistics all = inner.Statistics;
                return all with { Packets = all.Packets - _others, OtherPartition = _others, CutShort = all.CutShort - _othersCutShort };
            }
        }

        public double? Progress => inner.Progress;

        public Diagnostic? Failure => inner.Failure;

        public Diagnostic? FirstLoss => inner.FirstLoss;

        public bool TryRead(out Packet packet)
        {
            while (inner.TryRead(out packet))
            {
                if (partition.Contains(packet.Flow))
                {
                    return true;
                }

                _others++;
                _othersCutShort += packet.IsCutShort ? 1 : 0;
            }

            return false;
        }

        public int Read(Span<Packet> packets)
        {
            int count = 0;
            int read;
            do
            {
                read = inner.Read(packets);
                foreach (ref readonly Packet packet in packets[..read])
                {
                    if (partition.Contains(packet.Flow))
                    {
                        packets[count++] = packet;
                    }
                    else
                    {
                        _others++;
                        _othersCutShort += packet.IsCutShort ? 1 : 0;
                    }
                }
            }
            while (count == 0 && read > 0);

            return count;
        }

        public void Dispose() => inner.Dispose();
    }
}
