using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Reads of a trace the packets of some flows, and counts the others.</summary>
internal abstract class SelectiveReader(IPacketReader inner) : IPacketReader
{
    private long _leftOutCutShort;

    public abstract TraceStatistics Statistics { get; }

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

    public void Dispose() => inner.Dispose();

    /// <summary>Whether the packets of a flow are read.</summary>
    protected abstract bool Keeps(in FlowKey flow);
}
