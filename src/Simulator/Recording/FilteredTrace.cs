using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A trace seen through a <see cref="TraceFilter"/>.</summary>
internal sealed class FilteredTrace(IPacketSource source, TraceFilter filter) : IPacketSource
{
    public string Description => filter.ToString() is { Length: > 0 } conditions ? $"{source.Description}, {conditions}" : source.Description;

    public IPacketReader Open() => new Reader(source.Open(), filter);

    public IPacketReader Open(CancellationToken cancellationToken) => new Reader(source.Open(cancellationToken), filter);

    private sealed class Reader(IPacketReader inner, TraceFilter filter) : IPacketReader
    {
        private long _filtered;
        private long _filteredCutShort;

        public TraceStatistics Statistics
        {
            get
            {
                TraceStatistics all = inner.Statistics;
                return all with
                {
                    Packets = all.Packets - _filtered,
                    Filtered = all.Filtered + _filtered,
                    CutShort = all.CutShort - _filteredCutShort,
                };
            }
        }

        public double? Progress => inner.Progress;

        public Diagnostic? Failure => inner.Failure;

        public Diagnostic? FirstLoss => inner.FirstLoss;

        public bool TryRead(out Packet packet)
        {
            while (inner.TryRead(out packet))
            {
                if (filter.Matches(packet.Flow))
                {
                    return true;
                }

                _filtered++;
                _filteredCutShort += packet.IsCutShort ? 1 : 0;
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
                    if (filter.Matches(packet.Flow))
                    {
                        packets[count++] = packet;
                    }
                    else
                    {
                        _filtered++;
                        _filteredCutShort += packet.IsCutShort ? 1 : 0;
                    }
                }
            }
            while (count == 0 && read > 0);

            return count;
        }

        public void Dispose() => inner.Dispose();
    }
}
