using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends;

/// <summary>
/// What the maps of a policy know that packets depend on and that the policy's text does not say: the flows of its flow tables, and the loads of its slots. Each comes
/// with its age, so that all of it can go on where another clock runs.
/// </summary>
/// <param name="Flows">The flows, those that were not seen for the longest time first.</param>
/// <param name="Loads">The loads of the slots that have one.</param>
public sealed record PolicyMemory(ImmutableArray<RememberedFlow> Flows, ImmutableArray<RememberedLoad> Loads)
{
    /// <summary>That of a policy that was just set.</summary>
    public static PolicyMemory Nothing { get; } = new([], []);

    /// <summary>Reads it from live maps. They change under the eyes of who reads, so that the walk over a table is bounded by its size.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="mapAt">Its maps, by their index in the program.</param>
    /// <param name="now">CLOCK_MONOTONIC of their host.</param>
    internal static PolicyMemory Read(CompiledPolicy policy, Func<int, IBackendMap> mapAt, ulong now) => new(
        [.. policy.Maps.Flows.SelectMany((index, table) => ReadFlows(table, mapAt(index), policy.Program.Maps[index].MaxEntries, now)).OrderByDescending(flow => flow.Age)],
        policy.Maps.Loads < 0 ? [] : [.. ReadLoads(mapAt(policy.Maps.Loads), policy.SlotCount, now)]);

    /// <summary>Puts it into the maps of a policy.</summary>
    /// <param name="policy">The policy, whose tables it is of; slots that it does not have are left out.</param>
    /// <param name="mapAt">Its maps, by their index in the program.</param>
    /// <param name="now">CLOCK_MONOTONIC of their host. A host that has just begun may stand before the time of a flow: times wrap around.</param>
    public void Store(CompiledPolicy policy, Func<int, IBackendMap> mapAt, ulong now)
    {
        byte[] value = new byte[PolicyMapSpecs.FlowValueSize];
        foreach (RememberedFlow flow in Flows.Where(flow => flow.Slot < policy.SlotCount))
        {
            BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(StickyCode.SlotAt), flow.Slot);
            BinaryPrimitives.WriteUInt32LittleEndian(value.AsSpan(StickyCode.GenerationAt), flow.Generation);
            BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(StickyCode.TimeAt), unchecked(now - flow.Age));
            mapAt(policy.Maps.Flows[flow.Table]).Update(FlowTableKey.Write(flow.Flow), value);
        }

        foreach (RememberedLoad load in policy.Maps.Loads < 0 ? [] : Loads.Where(load => load.Slot < policy.SlotCount))
        {
            byte[] word = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(word, load.At(now));
            mapAt(policy.Maps.Loads).Update(KernelGroup.SlotKey(load.Slot), word);
        }
    }

    /// <summary>What of it another policy knows that comes in the place of this one.</summary>
    /// <param name="tables">What becomes of the flow tables.</param>
    internal PolicyMemory Across(IEnumerable<FlowTable> tables)
    {
        Dictionary<int, int> kept = tables.Where(table => table.IsKept).ToDictionary(table => table.FormerNumber, table => table.Number);
        return this with { Flows = [.. Flows.Where(flow => kept.ContainsKey(flow.Table)).Select(flow => flow with { Table = kept[flow.Table] })] };
    }

    private static IEnumerable<RememberedFlow> ReadFlows(int number, IBackendMap table, int entries, ulong now)
    {
        int left = entries;
        for (byte[]? key = table.NextKey([]); key is not null && left > 0; key = table.NextKey(key), left--)
        {
            if (table.Lookup(key) is { Length: PolicyMapSpecs.FlowValueSize } value)
            {
                // Another CPU may have noted a packet since the clock was read.
                long age = (long)(now - BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(StickyCode.TimeAt)));
                yield return new RememberedFlow(
                    number, FlowTableKey.Read(key), BinaryPrimitives.ReadInt32LittleEndian(value.AsSpan(StickyCode.SlotAt)),
                    BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan(StickyCode.GenerationAt)), (ulong)Math.Max(0, age));
            }
        }
    }

    private static IEnumerable<RememberedLoad> ReadLoads(IBackendMap loads, int slotCount, ulong now)
    {
        for (int slot = 0; slot < slotCount; slot++)
        {
            if (loads.Lookup(KernelGroup.SlotKey(slot)) is { } word && BinaryPrimitives.ReadUInt64LittleEndian(word) is not 0 and ulong load)
            {
                yield return new RememberedLoad(slot, (uint)load, SlotLoad.AgeInNanoseconds(load, now));
            }
        }
    }
}
