using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A trace of one packet for each flow, a SYN or an empty datagram: what is known of live connections.</summary>
public sealed class FlowTrace(string description, IReadOnlyList<FlowKey> flows) : IPacketSource
{
    /// <inheritdoc/>
    public string Description => description;

    /// <inheritdoc/>
    public IPacketReader Open() => new Reader(flows);

    private sealed class Reader(IReadOnlyList<FlowKey> flows) : IPacketReader
    {
        private int _next;

        public TraceStatistics Statistics => TraceStatistics.Empty with { Records = _next, Packets = _next };

        public double? Progress => flows.Count == 0 ? 1 : (double)_next / flows.Count;

        public Diagnostic? Failure => null;

        public bool TryRead(out Packet packet)
        {
            packet = default;
            if (_next == flows.Count)
            {
                return false;
            }

            packet = FlowPacket.Create(flows[_next++], []);
            return true;
        }

        public void Dispose()
        {
        }
    }
}
