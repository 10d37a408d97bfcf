using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Reads of a trace the packets of some flows, and counts the others.</summary>
internal abstract class SelectiveReader(IPacketReader inner) : ISegmentReader
{
    private long _leftOutCutShort;

    public abstract TraceStatistics Statistics { get; }

    /// <summary>The reader of all.</summary>
    public IPacketReader Inner => inner;

    public double? Progress => inner.Progress;

    public Diagnostic? Failure => inner.Failure;

    public Diagnostic? FirstLoss => inner.FirstLoss;

    /// <summary>What the whole trace holds, without the packets that are left out.</summary>
    protected TraceStatistics Kept
    {
        get
        {
            TraceStatistics all = inner.Statistics;
            return all with { Packets = all.Packets - LeftOut, CutShort = all.CutShort - _leftOutCutShort };
        }
    }

    /// <summary>Packets of other flows.</summary>
    protected long LeftOut { get; private set; }

    public bool TryRead(out Packet packet)
    {
        packet = default;
        return Read(new Span<Packet>(ref packet)) > 0;
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
                if (Keeps(packet.Flow))
                {
                    packets[count++] = packet;
                }
                else
                {
                    LeftOut++;
                    _leftOutCutShort += packet.IsCutShort ? 1 : 0;
                }
            }
        }
        while (count == 0 && read > 0);

        return count;
    }

    public bool Follows(ISegmentReader? before) =>
        inner is ISegmentReader segment && segment.Follows((ISegmentReader?)((SelectiveReader?)before)?.Inner);

    public void Join(ISegmentReader before)
    {
        SelectiveReader ended = (SelectiveReader)before;
        ((ISegmentReader)inner).Join((ISegmentReader)ended.Inner);
        JoinSelection(ended);
    }

    /// <summary>Adds what was left out before.</summary>
    public void JoinSelection(SelectiveReader before)
    {
        LeftOut += before.LeftOut;
        _leftOutCutShort += before._leftOutCutShort;
    }

    public void Dispose() => inner.Dispose();

    /// <summary>Whether the packets of a flow are read.</summary>
    protected abstract bool Keeps(in FlowKey flow);
}
