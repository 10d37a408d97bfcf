namespace ReuseportPS.Engine.Policies;

/// <summary>Where in the table of a bank an action finds its candidates. An entry is a slot or <see cref="SlotTables.None"/>.</summary>
/// <param name="First">The first main entry.</param>
/// <param name="Count">Main entries.</param>
/// <param name="SpareCount">Spare entries, right after the main ones, for a packet whose candidates were all of slots that are not active; 0 where every main entry has a slot.</param>
/// <param name="StandbyFirst">The first entry of the slots on standby, for a packet whose candidates could not be selected.</param>
/// <param name="StandbyCount">Entries of the slots on standby; 0 for a list, whose main entries have them at the end.</param>
/// <param name="NodesFirst">First of the entries that say where a NUMA node's main entries begin; -1 for other balancers.</param>
internal sealed record TableChoice(int First, int Count, int SpareCount = 0, int StandbyFirst = 0, int StandbyCount = 0, int NodesFirst = -1)
{
    /// <summary>First of the entries by slot that say whose generation may keep a flow, and 0 where none may; -1 for an action that is not sticky.</summary>
    public int KeepsFirst { get; init; } = -1;

    /// <summary>The choice for datagrams of no live slot, by connection id; null for other balancers.</summary>
    public TableChoice? Old { get; init; }

    /// <summary>First of the entries that the numbers in connection ids mean.</summary>
    public int IdsFirst { get; init; }

    /// <summary>How many workers there are, in each generation.</summary>
    public int WorkerCount { get; init; }

    /// <summary>The first spare entry.</summary>
    public int SpareFirst => First + Count;
}
