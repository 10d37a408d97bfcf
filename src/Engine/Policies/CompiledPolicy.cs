using System.Numerics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Policies;

/// <summary>A policy ready for a backend. Two policies that differ only in data compile to equal programs and different banks.</summary>
/// <param name="SlotCount">Slots of the group it was compiled for.</param>
/// <param name="Program">The program; the seats map is a sockarray of 32768 entries.</param>
/// <param name="Maps">Which map is which.</param>
/// <param name="Bank">The data.</param>
/// <param name="Counters">How the counter maps read.</param>
public sealed record CompiledPolicy(int SlotCount, ProgramSpec Program, PolicyMaps Maps, PolicyBank Bank, CounterLayout Counters)
{
    // struct htab_elem and struct bucket (kernel/bpf/hashtab.c): a flow table is made with all its elements.
    private const int FlowHeader = 48;
    private const int FlowBucket = 16;

    /// <summary>What it takes to go from <paramref name="current"/> to this one. Other names of rules are <see cref="PolicyChange.Data"/>: only what the counters are called changes.</summary>
    public PolicyChange ChangeFrom(CompiledPolicy current)
    {
        if (!Program.Instructions.AsSpan().SequenceEqual(current.Program.Instructions.AsSpan()) || !SameShape(Program.Maps, current.Program.Maps))
        {
            return PolicyChange.Program;
        }

        bool sameData = SameContents(Bank.Tables, current.Bank.Tables) && SameContents(Bank.Lists, current.Bank.Lists) &&
            Counters.Fields.SequenceEqual(current.Counters.Fields);
        return sameData ? PolicyChange.None : PolicyChange.Data;
    }

    /// <summary>
    /// Bytes of keys and values of all its maps, both banks filled: array values rounded up to 8 bytes and per-CPU values times
    /// the CPUs, the data of ring buffers, and what a flow in a flow table takes besides, as the kernel lays them out; the kernel's own headers of maps and nodes of tries come on top.
    /// </summary>
    /// <param name="cpuCount">Possible CPUs.</param>
    public long MemoryBytes(int cpuCount) =>
        Program.Maps.Sum(map => Bytes(map, cpuCount)) + (2 * (Bank.Tables.Sum(map => Bytes(map, cpuCount)) + Bank.Lists.Sum(map => Bytes(map, cpuCount))));

    private static long Bytes(MapSpec map, int cpuCount)
    {
        long value = (map.ValueSize + 7L) & ~7L;
        return map.Type switch
        {
            MapType.LpmTrie => map.MaxEntries * (long)(map.KeySize + map.ValueSize),
            MapType.PerCpuArray => map.MaxEntries * value * cpuCount,
            MapType.LruHash => (map.MaxEntries * (FlowHeader + ((map.KeySize + 7L) & ~7L) + value)) + (FlowBucket * (long)BitOperations.RoundUpToPowerOf2((uint)map.MaxEntries)),
            MapType.RingBuf => map.MaxEntries,
            _ => map.MaxEntries * value,
        };
    }

    private static bool SameShape(IReadOnlyList<MapSpec> maps, IReadOnlyList<MapSpec> others) =>
        maps.Count == others.Count && maps.Zip(others).All(pair => SameShape(pair.First, pair.Second));

    private static bool SameShape(MapSpec map, MapSpec other) =>
        (map with { Inner = null }).WithValues([]) == (other with { Inner = null }).WithValues([]) &&
        (map.Inner is null ? other.Inner is null : other.Inner is not null && SameShape(map.Inner, other.Inner));

    private static bool SameContents(IReadOnlyList<MapSpec> maps, IReadOnlyList<MapSpec> others) =>
        maps.Count == others.Count && maps.Zip(others).All(pair =>
            pair.First.MaxEntries == pair.Second.MaxEntries && pair.First.GetValues().SequenceEqual(pair.Second.GetValues()) &&
            pair.First.Contents.AsSpan().SequenceEqual(pair.Second.Contents.AsSpan(), EntryComparer.Instance));

    private sealed class EntryComparer : IEqualityComparer<MapEntry>
    {
        public static EntryComparer Instance { get; } = new();

        public bool Equals(MapEntry? x, MapEntry? y) =>
            x is not null && y is not null && x.Key.AsSpan().SequenceEqual(y.Key.AsSpan()) && x.Value.AsSpan().SequenceEqual(y.Value.AsSpan());

        public int GetHashCode(MapEntry obj) => obj.Key.Length;
    }
}
