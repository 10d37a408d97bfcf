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
        for (int index = 0; index < maps.Length; index++)
        {
            if (index == compiled.Maps.Seats)
            {
                continue;
            }

            maps[index] = open(compiled.Program.Maps[index].Name);
            if (maps[index] is null)
            {
                foreach (IBackendMap? map in maps)
                {
                    map?.Dispose();
                }

                return null;
            }
        }

        return new LivePolicy(backend, compiled, [.. maps]);
    }

    /// <summary>The maps in the order of the program, with a kernel group's seats in their place.</summary>
    public IReadOnlyList<IBackendMap> MapsFor(KernelGroup group) => [.. _maps.Select(map => map ?? group.Seats)];

    /// <summary>Makes the data of <paramref name="compiled"/> current: fills the idle bank, stores the epoch, waits for the readers of the other bank.</summary>
    public void Swap(CompiledPolicy compiled)
    {
        uint epoch = Epoch;
        FillBank((int)((epoch + 1) % 2), compiled.Bank);
        byte[] value = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(value, epoch + 1);
        _maps[Compiled.Maps.Epoch]!.Update(s_zero, value);
        _backend.WaitForReaders();
        Compiled = compiled;
    }

    /// <summary>The epoch in force; a policy without banked data has none and reads 0.</summary>
    public uint Epoch => Compiled.Maps.Epoch < 0
        ? 0
        : BinaryPrimitives.ReadUInt32LittleEndian(_maps[Compiled.Maps.Epoch]!.Lookup(s_zero) ?? new byte[4]);

    /// <summary>Reads every counter, summed over CPUs, in the order of the layout and then by slot.</summary>
    public ImmutableArray<CounterReading> ReadCounters(int slotCount)
    {
        ImmutableArray<CounterReading>.Builder readings = ImmutableArray.CreateBuilder<CounterReading>();
        CounterLayout layout = Compiled.Counters;
        int stride = 8 * layout.Fields.Length;
        byte[] fields = _maps[Compiled.Maps.Counters]!.Lookup(s_zero) ?? [];
        for (int field = 0; field < layout.Fields.Length; field++)
        {
            CounterField counter = layout.Fields[field];
            readings.Add(new CounterReading(counter.Kind, counter.Name, counter.Index, Sum(fields, stride, 8 * field)));
        }

        for (int slot = 0; slot < Math.Min(slotCount, layout.SlotCount); slot++)
        {
            byte[] value = _maps[Compiled.Maps.SlotCounters]!.Lookup(KernelGroup.SlotKey(slot)) ?? [];
            readings.Add(new CounterReading(CounterKind.Slot, $"slot {slot}", slot, Sum(value, 8, 0)));
        }

        return readings.ToImmutable();
    }

    public void Dispose()
    {
        foreach (IBackendMap? map in _maps)
        {
            map?.Dispose();
        }
    }

    private static ulong Sum(byte[] perCpu, int stride, int offset)
    {
        ulong sum = 0;
        for (int position = offset; position + 8 <= perCpu.Length; position += stride)
        {
            sum += BinaryPrimitives.ReadUInt64LittleEndian(perCpu.AsSpan(position));
        }

        return sum;
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
