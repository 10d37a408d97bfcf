using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Model;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Session;

/// <summary>What a change of a group is previewed over.</summary>
internal static class LiveTraces
{
    /// <summary>The group's live connections, when there are any, the flows that its flow tables keep, when there are any, and the trace, when one is given.</summary>
    public static IEnumerable<IPacketSource> Of(IReuseportBackend backend, ManagedGroup group, PacketTrace? trace)
    {
        IReadOnlyList<LiveConnection> live = GroupConnections.Of(backend, group);
        if (live.Count > 0)
        {
            yield return Of(live);
        }

        ImmutableArray<FlowKey> kept = group.ReadKeptFlows();
        if (kept.Length > 0)
        {
            yield return new FlowTrace(kept.Length == 1 ? "1 flow in flow tables" : $"{kept.Length} flows in flow tables", kept);
        }

        if (trace is not null)
        {
            yield return trace.Source;
        }
    }

    /// <summary>Connections as a trace.</summary>
    public static FlowTrace Of(IReadOnlyList<LiveConnection> connections) =>
        new($"{connections.Count} live connections", [.. connections.Select(connection => connection.Flow)]);
}
