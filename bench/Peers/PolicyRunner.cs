using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Bench.Peers;

/// <summary>The program of a policy with its maps, banks and counters, in one of the forms in which it runs.</summary>
internal sealed class PolicyRunner
{
    private readonly CompiledPolicy _policy;
    private readonly Action<PolicyRunner> _pass;
    private readonly Machine _machine;
    private readonly LoadedProgram _loaded;
    private readonly CompiledProgram _compiled;
    private readonly ContextBatch _batch;
    private readonly BpfMap[] _maps;
    private readonly ulong[] _returned = new ulong[PolicyPackets.Count];
    private readonly int[] _slots = new int[PolicyPackets.Count];
    private int _item = -1;

    /// <summary>A runner of a policy of its own.</summary>
    /// <param name="name">Heading of its column.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="pass">One run over every packet.</param>
    private PolicyRunner(string name, CompiledPolicy policy, Action<PolicyRunner> pass)
    {
        Name = name;
        _policy = policy;
        _pass = pass;
        _machine = new Machine(HelperTable.CreateDefault()
            .Set(HelperId.SkSelectReuseport, SlotSelection.Implementation)
            .Set(HelperId.SkbLoadBytes, LoadBytes)
            .Set(HelperId.SkbLoadBytesRelative, LoadBytesRelative));
        _maps = CreateMaps(policy);
        _loaded = LoadedProgram.Load(policy.Program, _maps);
        _compiled = CompiledProgram.Compile(_loaded, ContextLayout.Reuseport);
        _batch = new ContextBatch(PolicyPackets.Contexts, PolicyPackets.ContextSize, PolicyPackets.ContextSize, PolicyPackets.Count) { SelectedSlots = _slots };
    }

    public string Name { get; }

    /// <summary>By packet the slot of the last pass, -1 for none.</summary>
    public ReadOnlySpan<int> Slots => _slots;

    /// <summary>Sum over what each packet got in the last pass.</summary>
    public ulong Sum => Checksum.Of(_slots, _returned);

    /// <summary>The three forms.</summary>
    public static PolicyRunner[] All(CompiledPolicy policy) =>
    [
        new("compiled batch", policy, static runner => runner._machine.Run(runner._compiled, runner._batch, runner._returned)),
        new("compiled", policy, static runner => runner.OneByOne(static runner => runner._machine.Run(runner._compiled))),
        new("interpreter", policy, static runner => runner.OneByOne(static runner => runner._machine.Run(runner._loaded))),
    ];

    /// <summary>One run over every packet.</summary>
    public void Pass() => _pass(this);

    /// <summary>What the program counted since it was made.</summary>
    public ImmutableArray<CounterReading> ReadCounters() => _policy.Counters.Read(
        Read(_policy.Maps.Counters, 0), [.. Enumerable.Range(0, _policy.SlotCount).Select(slot => Read(_policy.Maps.SlotCounters, slot))]);

    /// <summary>Instructions of a pass, per packet.</summary>
    public double CountInstructions()
    {
        long count = 0;
        OneByOne(runner =>
        {
            RunResult result = runner._machine.Run(runner._loaded);
            count += result.InstructionCount;
            return result;
        });
        return (double)count / PolicyPackets.Count;
    }

    private static BpfMap[] CreateMaps(CompiledPolicy policy)
    {
        BpfMap[] maps = new BpfMap[policy.Program.Maps.Length];
        for (int i = 0; i < maps.Length; i++)
        {
            // The seats as SlotSelection has them: what each slot would answer, and no socket behind.
            MapSpec spec = policy.Program.Maps[i];
            maps[i] = Create(i == policy.Maps.Seats ? new MapSpec(spec.Name, MapType.Array, spec.KeySize, spec.ValueSize, policy.SlotCount) : spec);
        }

        maps[policy.Maps.Seats].SlotErrors = new int[policy.SlotCount];
        Fill(maps, policy.Maps.Tables, policy.Bank.Tables);
        Fill(maps, policy.Maps.Lists, policy.Bank.Lists);
        return maps;
    }

    private static void Fill(BpfMap[] maps, int outer, ImmutableArray<MapSpec> tables)
    {
        Span<byte> key = stackalloc byte[sizeof(int)];
        for (int i = 0; i < 2 * tables.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, i);
            _ = ((OuterMap)maps[outer]).UpdateMap(key, Create(tables[i % tables.Length]));
        }
    }

    private static BpfMap Create(MapSpec spec) => MapFactory.Create(spec, cpuCount: 1).Map ?? throw new InvalidOperationException($"Map '{spec.Name}' cannot be made.");

    private void OneByOne(Func<PolicyRunner, RunResult> run)
    {
        for (_item = 0; _item < PolicyPackets.Count; _item++)
        {
            _machine.Context.SetFlat(PolicyPackets.Contexts, _item * PolicyPackets.ContextSize, PolicyPackets.ContextSize, writable: false);
            _returned[_item] = run(this).ReturnValue;
            _slots[_item] = _machine.SelectedSlot;
        }

        _item = -1;
    }

    private byte[] Read(int map, int index)
    {
        byte[] value = new byte[_maps[map].UserValueSize];
        _ = _maps[map].Lookup(BitConverter.GetBytes(index), value);
        return value;
    }

    private ulong LoadBytes(Machine machine, ulong context, ulong offset, ulong to, ulong length, ulong unused) =>
        Load(machine, PolicyPackets.NetworkLength + (uint)offset, to, (uint)length);

    private ulong LoadBytesRelative(Machine machine, ulong context, ulong offset, ulong to, ulong length, ulong start) => Load(machine, (uint)offset, to, (uint)length);

    private ulong Load(Machine machine, uint from, ulong to, uint length)
    {
        if (!machine.TryWrite(to, (int)length, out Span<byte> bytes))
        {
            return 0;
        }

        if (from + (ulong)length > PolicyPackets.PacketSize)
        {
            bytes.Clear();
            return unchecked((ulong)-(long)Errno.EFAULT);
        }

        int item = _item < 0 ? machine.BatchItem : _item;
        PolicyPackets.Bytes.AsSpan((item * PolicyPackets.PacketSize) + (int)from, bytes.Length).CopyTo(bytes);
        return 0;
    }
}
