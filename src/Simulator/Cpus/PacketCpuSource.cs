namespace ReuseportPS.Simulator.Cpus;

/// <summary>What says on which CPU a packet of a trace is processed.</summary>
public enum PacketCpuSource
{
    /// <summary>All on one CPU.</summary>
    Pinned,

    /// <summary>The trace; a packet whose CPU it does not tell is processed on the pinned one.</summary>
    Trace,

    /// <summary>Receive-side scaling.</summary>
    Rss,
}
