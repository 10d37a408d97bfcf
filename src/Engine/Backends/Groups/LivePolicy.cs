using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>The maps of an applied policy, shared by every kernel group of the group: epoch, two banks, counters.</summary>
internal sealed class LivePolicy : IDisposable
{
    private static readonly byte[] s_zero = new byte[4];

    private readonly IReuseportBackend _backend;
    private readonly ImmutableArray<SharedMap?> _maps;
    private readonly InnerMaps? _tables;
    private readonly InnerMaps? _lists;
    private readonly Action<string, IBackendMap> _pin;
    private uint? _waitedFor;

    private LivePolicy(IReuseportBackend backend, CompiledPolicy compiled, ImmutableArray<SharedMap?> maps, Action<string, IBackendMap> pin, Func<string, IBackendMap?>? open = null)
    {
        _backend = backend;
        Compiled = compiled;
        _maps = maps;
        _pin = pin;
        _tables = InnerOf(compiled.Maps.Tables, compiled.Bank.Tables.Length);
        _lists = InnerOf(compiled.Maps.Lists, compiled.Bank.Lists.Length);

        InnerMaps? InnerOf(int outer, int perBank) => outer < 0 ? null : new InnerMaps(backend, maps[outer]!.Map, compiled.Program.Maps[outer].Name, perBank) { Open = open };
    }

    public CompiledPolicy Compiled { get; private set; }

    /// <summary>The shared maps that must be pinned, with the names of their pins.</summary>
    public IEnumerable<(string Pin, IBackendMap Map)> Shared =>
    [
        .. _maps.Select((map, index) => (Pin: Compiled.Program.Maps[index].Name, map?.Map)).Where(pair => pair.Map is not null)!,
        .. _tables?.Made ?? [],
        .. _lists?.Made ?? [],
    ];

    /// <summary>
    /// Creates the maps and fills both banks. Flow tables that are kept, and the loads, are the ones that the former policy has: both programs see them as long as both are there.
    /// </summary>
    /// <param name="backend">The backend.</param>
    /// <param name="compiled">The policy.</param>
    /// <param name="former">The policy in whose place it comes; null without one.</param>
    /// <param name="tables">What becomes of its flow tables.</param>
    /// <param name="pin">Pins, by the name of the pin, a map that is made later (those made here are <see cref="Shared"/>); null where nothing is pinned.</param>
    public static LivePolicy Create(IReuseportBackend backend, CompiledPolicy compiled, LivePolicy? former = null, ImmutableArray<FlowTable> tables = default, Action<string, IBackendMap>? pin = null)
    {
        Dictionary<int, int> kept = former is null ? [] : Kept(compiled, former.Compiled, tables.IsDefault ? [] : tables);
        SharedMap?[] maps = new SharedMap?[compiled.Program.Maps.Length];
        LivePolicy? policy = null;
        try
        {
            for (int index = 0; index < maps.Length; index++)
            {
                if (index != compiled.Maps.Seats)
                {
                    maps[index] = kept.TryGetValue(index, out int formerIndex) ? former!._maps[formerIndex]!.Share() : new SharedMap(backend.CreateMap(compiled.Program.Maps[index]));
                }
            }

            policy = new LivePolicy(backend, compiled, [.. maps], pin ?? PinNothing);
            if (!kept.ContainsKey(compiled.Maps.Loads))
            {
                policy.CopyLoads(former);
            }

            policy.FillBank(0, compiled.Bank, PinNothing);
            policy.FillBank(1, compiled.Bank, PinNothing);
            policy._waitedFor = 0;
            return policy;
        }
        catch
        {
            policy?.DisposeInner();
            Array.ForEach(maps, map => map?.Dispose());
            throw;
        }
    }

    /// <summary>Opens the maps from pins; null when one of them is gone that is not of a bank.</summary>
    public static LivePolicy? Open(IReuseportBackend backend, CompiledPolicy compiled, Func<string, IBackendMap?> open, Action<string, IBackendMap>? pin = null)
    {
        SharedMap?[] maps = new SharedMap?[compiled.Program.Maps.Length];
        LivePolicy? policy = null;
        try
        {
            bool complete = true;
            for (int index = 0; complete && index < maps.Length; index++)
            {
                if (index != compiled.Maps.Seats)
                {
                    maps[index] = open(compiled.Program.Maps[index].Name) is { } map ? new SharedMap(map) : null;
                    complete = maps[index] is not null;
                }
            }

            return policy = complete ? new LivePolicy(backend, compiled, [.. maps], pin ?? PinNothing, open) : null;
        }
        finally
        {
            if (policy is null)
            {
                Array.ForEach(maps, map => map?.Dispose());
            }
        }
    }

    /// <summary>The maps in the order of the program, with a kernel group's seats in their place.</summary>
    public IReadOnlyList<IBackendMap> MapsFor(KernelGroup group) => [.. _maps.Select(map => map?.Map ?? group.Seats)];

    /// <summary>Whether <see cref="Swap"/> can do without a new map.</summary>
    public bool Takes(CompiledPolicy compiled) =>
        Compiled.Maps.Epoch < 0 || (IdleBank(Epoch) is var bank && _tables?.Takes(bank, compiled.Bank.Tables) != false && _lists?.Takes(bank, compiled.Bank.Lists) != false);

    /// <summary>
    /// Makes the data of <paramref name="compiled"/> current: fills the idle bank, stores the epoch, waits for the readers of the other
    /// bank. On failure the data before is current again, with an epoch of its own.
    /// </summary>
    /// <param name="compiled">The same program with other data.</param>
    /// <param name="keep">Run last; what it throws undoes the change.</param>
    public void Swap(CompiledPolicy compiled, Action keep)
    {
        if (Compiled.Maps.Epoch < 0)
        {
            keep();
            Compiled = compiled;
            return;
        }

        uint epoch = Epoch;
        WaitForReaders(epoch);
        bool made = FillBank(IdleBank(epoch), compiled.Bank, _pin);
        StoreEpoch(epoch + 1);
        try
        {
            WaitForReaders(epoch + 1);
            keep();
            Compiled = compiled;
        }
        catch
        {
            StoreEpoch(epoch + 2);
            throw;
        }

        if (made)
        {
            GiveRoom(IdleBank(epoch + 1));
        }
    }

    /// <summary>The epoch in force; a policy without banked data has none and reads 0.</summary>
    public uint Epoch => Compiled.Maps.Epoch < 0
        ? 0
        : BinaryPrimitives.ReadUInt32LittleEndian(_maps[Compiled.Maps.Epoch]!.Map.Lookup(s_zero) ?? new byte[4]);

    /// <summary>Reads every counter, over all CPUs, in the order of the layout.</summary>
    public ImmutableArray<CounterReading> ReadCounters()
    {
        // The tables before the counters, so that nothing seems dropped that was put in meanwhile and removed.
        ulong entries = CountFlows();
        ImmutableArray<CounterReading> readings = Compiled.Counters.Read(
            _maps[Compiled.Maps.Counters]!.Map.Lookup(s_zero),
            [.. Enumerable.Range(0, Compiled.Counters.SlotCount).Select(slot => _maps[Compiled.Maps.SlotCounters]!.Map.Lookup(KernelGroup.SlotKey(slot)) ?? [])]);
        if (Compiled.Maps.Flows.IsEmpty)
        {
            return readings;
        }

        ulong gone = Value(CounterKind.StickyRemove) + entries;
        ulong created = Value(CounterKind.StickyCreate);
        return
        [
            .. readings,
            new CounterReading(CounterKind.StickyEntries, nameof(CounterKind.StickyEntries), null, entries),
            new CounterReading(CounterKind.StickyEvict, nameof(CounterKind.StickyEvict), null, created > gone ? created - gone : 0),
        ];

        ulong Value(CounterKind kind) => readings.First(reading => reading.Kind == kind).Value;
    }

    /// <summary>An entry of the table in force; 0 where it cannot be read.</summary>
    public uint ReadTable(int entry)
    {
        uint id = BinaryPrimitives.ReadUInt32LittleEndian(_maps[Compiled.Maps.Tables]!.Map.Lookup(KernelGroup.SlotKey((int)(Epoch % 2))) ?? s_zero);
        using IBackendMap? table = _backend.OpenMap(id);
        return table is null ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(table.Lookup(KernelGroup.SlotKey(entry)) ?? s_zero);
    }

    /// <summary>The load of each slot, as <see cref="SlotLoad"/>; empty when the policy looks at none.</summary>
    public ImmutableArray<ulong> ReadLoads() => Compiled.Maps.Loads < 0
        ? []
        : [.. Enumerable.Range(0, Compiled.SlotCount).Select(slot => BinaryPrimitives.ReadUInt64LittleEndian(_maps[Compiled.Maps.Loads]!.Map.Lookup(KernelGroup.SlotKey(slot)) ?? new byte[8]))];

    /// <summary>Stores the load of a slot: one word, which no packet sees half of.</summary>
    public void StoreLoad(int slot, ulong load)
    {
        byte[] value = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(value, load);
        _maps[Compiled.Maps.Loads]!.Map.Update(KernelGroup.SlotKey(slot), value);
    }

    /// <summary>What the flow tables and the loads hold.</summary>
    public PolicyMemory ReadMemory() => PolicyMemory.Read(Compiled, index => _maps[index]!.Map, _backend.MonotonicTime);

    /// <summary>Puts into the flow tables and the loads what they held elsewhere.</summary>
    public void Restore(PolicyMemory memory) => memory.Store(Compiled, index => _maps[index]!.Map, _backend.MonotonicTime);

    /// <summary>Goes on counting from what a snapshot says. Both banks must have the same data still.</summary>
    public void RestoreEpoch(uint epoch)
    {
        if (Compiled.Maps.Epoch >= 0)
        {
            StoreEpoch(epoch);
        }
    }

    /// <summary>Puts what was counted elsewhere into the counters, as if CPU 0 had counted it; what has no field here is left out.</summary>
    public void RestoreCounters(ImmutableArray<CounterReading> counters)
    {
        Dictionary<(CounterKind Kind, int? Index), ulong> values = [];
        foreach (CounterReading counter in counters)
        {
            values[(counter.Kind, counter.Index)] = counter.Value;
        }

        IBackendMap map = _maps[Compiled.Maps.Counters]!.Map;
        byte[] fields = map.Lookup(s_zero) ?? [];
        for (int index = 0; index < Compiled.Counters.Fields.Length; index++)
        {
            CounterField field = Compiled.Counters.Fields[index];
            BinaryPrimitives.WriteUInt64LittleEndian(fields.AsSpan(index * sizeof(ulong)), values.GetValueOrDefault((field.Kind, field.Index)));
        }

        map.Update(s_zero, fields);
        IBackendMap slots = _maps[Compiled.Maps.SlotCounters]!.Map;
        byte[] value = slots.Lookup(s_zero) ?? [];
        for (int slot = 0; slot < Compiled.Counters.SlotCount; slot++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, values.GetValueOrDefault((CounterKind.Slot, slot)));
            slots.Update(KernelGroup.SlotKey(slot), value);
        }
    }

    /// <summary>How full each flow table is, in the order of the policy's sticky actions.</summary>
    public ImmutableArray<(ulong Entries, int Capacity)> ReadFlowTables() => [.. Compiled.Maps.Flows.Select(index => (CountEntries(index), Compiled.Program.Maps[index].MaxEntries))];

    /// <summary>The next sample, which leaves the buffer; null when there is none. The policy takes samples.</summary>
    public DecisionSample? TakeSample() => _maps[Compiled.Maps.Samples]!.Map.Consume() is { } record ? DecisionSample.Read(record) : null;

    /// <summary>One counter, over all CPUs, without a walk over the flow tables.</summary>
    public ulong ReadCounter(CounterKind kind) => Compiled.Counters.Read(
        _maps[Compiled.Maps.Counters]!.Map.Lookup(s_zero), [.. Enumerable.Repeat<byte[]>([], Compiled.Counters.SlotCount)]).First(reading => reading.Kind == kind).Value;

    public void Dispose()
    {
        DisposeInner();
        foreach (SharedMap? map in _maps)
        {
            map?.Dispose();
        }
    }

    private static void PinNothing(string pin, IBackendMap map)
    {
    }

    private static int IdleBank(uint epoch) => (int)((epoch + 1) % 2);

    private void DisposeInner()
    {
        _tables?.Dispose();
        _lists?.Dispose();
    }

    /// <summary>Which maps are those of the policy before: index of the new one to index of the former.</summary>
    private static Dictionary<int, int> Kept(CompiledPolicy compiled, CompiledPolicy former, ImmutableArray<FlowTable> tables)
    {
        Dictionary<int, int> kept = tables.Where(table => table.IsKept)
            .ToDictionary(table => compiled.Maps.Flows[table.Number], table => former.Maps.Flows[table.FormerNumber]);
        if (compiled.Maps.Loads >= 0 && former.Maps.Loads >= 0 && compiled.SlotCount == former.SlotCount)
        {
            kept.Add(compiled.Maps.Loads, former.Maps.Loads);
        }

        return kept;
    }

    /// <summary>The loads of a group that has more slots now.</summary>
    private void CopyLoads(LivePolicy? former)
    {
        if (former is not null && Compiled.Maps.Loads >= 0)
        {
            ImmutableArray<ulong> loads = former.ReadLoads();
            for (int slot = 0; slot < Math.Min(loads.Length, Compiled.SlotCount); slot++)
            {
                StoreLoad(slot, loads[slot]);
            }
        }
    }

    /// <summary>Flows in all flow tables. They change under the eyes of who counts, so that the walk is bounded by their size.</summary>
    private ulong CountFlows()
    {
        ulong count = 0;
        foreach (int index in Compiled.Maps.Flows)
        {
            count += CountEntries(index);
        }

        return count;
    }

    private ulong CountEntries(int index)
    {
        ulong count = 0;
        int left = Compiled.Program.Maps[index].MaxEntries;
        for (byte[]? key = _maps[index]!.Map.NextKey([]); key is not null && left > 0; key = _maps[index]!.Map.NextKey(key), left--)
        {
            count++;
        }

        return count;
    }

    private void StoreEpoch(uint epoch)
    {
        byte[] value = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(value, epoch);
        _maps[Compiled.Maps.Epoch]!.Map.Update(s_zero, value);
    }

    /// <summary>Waits until nobody reads the bank that is idle under an epoch. Another shell may have stored it just now, and ended before it waited.</summary>
    private void WaitForReaders(uint epoch)
    {
        if (_waitedFor != epoch)
        {
            _backend.WaitForReaders();
            _waitedFor = epoch;
        }
    }

    /// <returns>Whether a map was made.</returns>
    private bool FillBank(int bank, PolicyBank data, Action<string, IBackendMap> pin) =>
        _tables?.Fill(bank, data.Tables, pin) == true | _lists?.Fill(bank, data.Lists, pin) == true;

    /// <summary>Has the idle bank take what the other one holds: the next change may be of one who can make no maps.</summary>
    private void GiveRoom(int bank)
    {
        try
        {
            FillBank(bank, Compiled.Bank, _pin);
        }
        catch (BackendException)
        {
            // The change is done; the next one makes the maps.
        }
    }
}
