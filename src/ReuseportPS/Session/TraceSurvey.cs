using ReuseportPS.Engine.Packets;
using ReuseportPS.Model;

namespace ReuseportPS.Session;

/// <summary>Reads a trace once, to say what is in it.</summary>
internal static class TraceSurvey
{
    private const int PacketsBetweenReports = 4096;

    /// <summary>Reads it through. A trace that breaks in the middle is what was read until then.</summary>
    public static PacketTrace Of(IPacketSource source, Action<double?> progress, CancellationToken cancellation)
    {
        using IPacketReader reader = source.Open(cancellation);
        long first = 0;
        long last = 0;
        long count = 0;
        while (reader.TryRead(out Packet packet))
        {
            first = count == 0 ? packet.Timestamp : Math.Min(first, packet.Timestamp);
            last = count == 0 ? packet.Timestamp : Math.Max(last, packet.Timestamp);
            if (++count % PacketsBetweenReports == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress(reader.Progress);
            }
        }

        return new PacketTrace(
            source.Description, source, reader.Statistics, TimeSpan.FromTicks((last - first) / TimeSpan.NanosecondsPerTick), reader.Failure)
        {
            FirstLoss = reader.FirstLoss,
        };
    }
}
