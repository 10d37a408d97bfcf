using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A capture that could not be opened, or is none.</summary>
internal sealed class FailedReader(Diagnostic failure) : IPacketReader
{
    public TraceStatistics Statistics => TraceStatistics.Empty;

    public double? Progress => null;

    public Diagnostic? Failure => failure;

    public bool TryRead(out Packet packet)
    {
        packet = default;
        return false;
    }

    public void Dispose()
    {
    }
}
