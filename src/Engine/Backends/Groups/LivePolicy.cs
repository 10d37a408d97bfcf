using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>The maps of an applied policy, shared by every kernel group of the group: epoch, two banks, counters.</summary>
internal sealed class LivePolicy : IDisposable
{
    private static readonly byte[] s_zero = new byte[4];

    private readonly IReuseportBackend _backend;
    private readonly ImmutableArray<IBackendMap?> _maps;
    private bool _mayBeRead;

    private LivePolicy(IReuseportBackend backend, CompiledPolicy compiled, ImmutableArray<IBackendMap?> maps)
    {
        _backend = backend;
        Compiled = compiled;
        _maps = maps;
    }

    public CompiledPolicy Compiled { get; private set; }

    /// <summary>The shared maps that must be pinned, with the names of their pins.</summary>
    public IEnumerable<(string Pin, IBackendMap Map)> Shared =>
        _maps.Select((map, index) => (Pin: Compiled.Program.Maps[index].Name, map)).Where(pair => pair.map is not null)!;

    /// <summary>Creates the maps and fills both banks.</summary>
    public static LivePolicy Create(IReuseportBackend backend, CompiledPolicy compiled)
    {
        IBackendMap?[] maps = new IBackendMap?[compiled.Program.Maps.Length];
        LivePolicy policy = new(backend, compiled, default);
        try
        {
            for (int index = 0; index < maps.Length; index++)
            {
                if (index != compiled.Maps.Seats)
                {
                    maps[index] = backend.CreateMap(compiled.Program.Maps[index]);
                }
            }

            policy = new LivePolicy(backend, compiled, [.. maps]);
            policy.FillBank(0, compiled.Bank);
            policy.FillBank(1, compiled.Bank);
            return policy;
        }
        catch
        {
            foreach (IBackendMap? map in maps)
            {
                map?.Dispose();
            }

            throw;
        }
    }

    /// <summary>Opens the maps from pins; null when one of them is gone.</summary>
    public static LivePolicy? Open(IReuseportBackend backend, CompiledPolicy compiled, Func<string, IBackendMap?> open)
    {
        IBackendMap?[] maps = new IBackendMap?[compiled.Program.Maps.Length];
        LivePolicy? policy = null;
        try
        {
            bool complete = true;
            for (int index = 0; complete && index < maps.Length; index++)
            {
                maps[index] = index == compiled.Maps.Seats ? null : open(compiled.Program.Maps[index].Name);
                complete = index == compiled.Maps.Seats || maps[index] is not null;
            }

            // Another shell may have stored the epoch just now and ended before it waited.
            return policy = complete ? new LivePolicy(backend, compiled, [.. maps]) { _mayBeRead = true } : null;
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
    public IReadOnlyList<IBackendMap> MapsFor(KernelGroup group) => [.. _maps.Select(map => map ?? group.Seats)];

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

        WaitForReaders();
        uint epoch = Epoch;
        FillBank((int)((epoch + 1) % 2), compiled.Bank);
        StoreEpoch(epoch + 1);
        try
        {
            WaitForReaders();
            keep();
            Compiled = compiled;
        }
        catch
        {
            StoreEpoch(epoch + 2);
            throw;
        }
    }

    /// <summary>The epoch in force; a policy without banked data has none and reads 0.</summary>
    public uint Epoch => Compiled.Maps.Epoch < 0
        ? 0
        : BinaryPrimitives.ReadUInt32LittleEndian(_maps[Compiled.Maps.Epoch]!.Lookup(s_zero) ?? new byte[4]);

    /// <summary>Reads every counter, over all CPUs, in the order of the layout.</summary>
    public ImmutableArray<CounterReading> ReadCounters()
    {
        // The tables before the counters, so that nothing seems dropped that was put in meanwhile and removed.
        ulong entries = CountFlows();
        ImmutableArray<CounterReading> readings = Compiled.Counters.Read(
            _maps[Compiled.Maps.Counters]!.Lookup(s_zero),
            [.. Enumerable.Range(0, Compiled.Counters.SlotCount).Select(slot => _maps[Compiled.Maps.SlotCounters]!.Lookup(KernelGroup.SlotKey(slot)) ?? [])]);
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

    /// <summary>The next sample, which leaves the buffer; null when there is none. The policy takes samples.</summary>
    public DecisionSample? TakeSample() => _maps[Compiled.Maps.Samples]!.Consume() is { } record ? DecisionSample.Read(record) : null;

    /// <summary>One counter, over all CPUs, without a walk over the flow tables.</summary>
    public ulong ReadCounter(CounterKind kind) => Compiled.Counters.Read(
        _maps[Compiled.Maps.Counters]!.Lookup(s_zero), [.. Enumerable.Repeat<byte[]>([], Compiled.Counters.SlotCount)]).First(reading => reading.Kind == kind).Value;

    public void Dispose()
    {
        foreach (IBackendMap? map in _maps)
        {
            map?.Dispose();
        }
    }

    /// <summary>Flows in all flow tables. They change under the eyes of who counts, so that the walk is bounded by their size.</summary>
    private ulong CountFlows()
    {
        ulong count = 0;
        foreach (int index in Compiled.Maps.Flows)
        {
            int left = Compiled.Program.Maps[index].MaxEntries;
            for (byte[]? key = _maps[index]!.NextKey([]); key is not null && left > 0; key = _maps[index]!.NextKey(key), left--)
            {
                count++;
            }
        }

        return count;
    }

    private void StoreEpoch(uint epoch)
    {
        byte[] value = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(value, epoch);
        _maps[Compiled.Maps.Epoch]!.Update(s_zero, value);
        _mayBeRead = true;
    }

    private void WaitForReaders()
    {
        if (_mayBeRead)
        {
            _backend.WaitForReaders();
            _mayBeRead = false;
        }
    }

    private void FillBank(int bank, PolicyBank data)
    {
        Fill(Compiled.Maps.Tables, bank, data.Tables);
        Fill(Compiled.Maps.Lists, bank, data.Lists);
    }

    private void Fill(int outer, int bank, ImmutableArray<MapSpec> inner)
    {
        for (int index = 0; index < inner.Length; index++)
        {
            using IBackendMap map = _backend.CreateMap(inner[index]);
            _maps[outer]!.UpdateMap((uint)((bank * inner.Length) + index), map);
        }
    }
}
