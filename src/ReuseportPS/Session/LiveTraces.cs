using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Model;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Session;

/// <summary>What a change of a group is previewed over.</summary>
internal static class LiveTraces
{
    /// <summary>The group's live connections, when there are any, and the trace, when one is given.</summary>
    public static IEnumerable<IPacketSource> Of(IReuseportBackend backend, ManagedGroup group, PacketTrace? trace)
    {
        FlowKey[] live = [.. GroupConnections.Of(backend, group).Select(connection => connection.Flow)];
        if (live.Length > 0)
        {
            yield return new FlowTrace($"{live.Length} live connections", live);
        }

        if (trace is not null)
        {
            yield return trace.Source;
        }
    }
}
