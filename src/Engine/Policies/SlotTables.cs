using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The table of a bank: everything that the balancers of a policy look up, one after the other. Where things are hangs on the policy's program
/// alone; what they are also on weights and on the states of slots.
/// </summary>
internal sealed class SlotTables
{
    /// <summary>An entry without a slot.</summary>
    public const int None = -1;

    /// <summary>Ports and ranges of one match that are compared one by one; of more there is a bit for each port.</summary>
    private const int MostComparedPorts = 8;

    /// <summary>Entries with 32 bits each for all ports.</summary>
    private const int PortEntries = 65536 / 32;

    private readonly SteeringPolicy _policy;
    private readonly int _slotCount;
    private readonly SlotStates _states;
    private readonly List<Func<IReadOnlyList<int>>> _parts = [];
    private readonly Dictionary<string, TableChoice> _ofSlots = new(StringComparer.Ordinal);
    private readonly HashSet<string> _drawsFromSpare = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ofList = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ofPorts = new(StringComparer.Ordinal);
    private readonly TableChoice?[] _choices;

    public SlotTables(SteeringPolicy policy, int slotCount, SlotStates states)
    {
        _policy = policy;
        _slotCount = slotCount;
        _states = states;
        _choices = [.. Enumerable.Range(0, policy.Rules.Count + 1).Select(position => ChoiceOf(policy.ActionAt(position) as SteerAction))];
        foreach (PolicyMatch match in policy.Rules.Items.SelectMany(rule => rule.When.All()))
        {
            AddPorts(match.SourcePorts);
            AddPorts(match.DestinationPorts);
        }

        MissSlot = policy.OnMiss.Kind == MissKind.Slot ? AddList([.. policy.ResolveSlots(policy.OnMiss.Slot)]) : -1;
    }

    /// <summary>Entries of the whole table.</summary>
    public long Count { get; private set; }

    /// <summary>The entry of the slot of <c>on-miss</c>; -1 without one.</summary>
    public int MissSlot { get; }

    /// <summary>The candidates of an action, by its position; null when it chooses no slot.</summary>
    public TableChoice? this[int position] => _choices[position];

    /// <summary>The first of the entries with a bit for each port; -1 where the ports are few and compared one by one.</summary>
    public int PortsFirst(EquatableArray<PortRange> ranges) => _ofPorts.GetValueOrDefault(KeyOf(ranges), -1);

    /// <summary>The entries.</summary>
    public ImmutableArray<int> Build()
    {
        int[] values = new int[Count];
        int at = 0;
        foreach (Func<IReadOnlyList<int>> part in _parts)
        {
            IReadOnlyList<int> entries = part();
            ReadOnlySpan<int> made = entries is ImmutableArray<int> table ? table.AsSpan() : entries is int[] array ? array : [.. entries];
            made.CopyTo(values.AsSpan(at));
            at += made.Length;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(values);
    }

    /// <summary>Spare entries for so many slots: a prime, 15 or more for each of up to 512 slots.</summary>
    private static int SpareSizeFor(int slots) => slots <= 8 ? 127 : slots <= 64 ? 1021 : slots <= 512 ? 8191 : 65537;

    private TableChoice? ChoiceOf(SteerAction? action)
    {
        if (action is null || ChoiceOf(action.By) is not TableChoice choice)
        {
            return null;
        }

        return action.Sticky is null ? choice : choice with { KeepsFirst = Add(_slotCount, () => Keeps(SlotsOf(action.By))) };
    }

    private TableChoice? ChoiceOf(Balancer balancer) => balancer switch
    {
        SlotBalancer by => new TableChoice(AddList([.. _policy.ResolveSlots(by.Slot)]), 1),
        ChainBalancer by => List(by),
        HashBalancer by => Among(by.To),
        RandomBalancer by => Among(by.To),
        LeastLoadedBalancer by => Among(by.To, drawsFromSpare: true),
        RoundRobinBalancer by => Among(by.To),
        WeightedBalancer by => Whole(MaglevTable.SizeFor(_slotCount), () => Maglev(WeightsOf(by), MaglevTable.SizeFor(_slotCount)), () => WeightsOf(by)),
        ConsistentBalancer by => Consistent(by, by.TableSize ?? ConsistentSizeFor(_slotCount)),
        CpuBalancer by => Whole(CpuBalancer.TableSize, () => OfCpus(by), () => Equal(SlotsOf(by))),
        NumaBalancer by => OfNodes(by),
        GenerationBalancer by => Among([by.Generations[^1]]),
        ConnectionIdBalancer by => OfIds(by),
        _ => null,
    };

    /// <summary>Entries of the table of <c>consistent</c>: more than those of <c>weighted</c> for few slots, since a slot more or less is what it is for.</summary>
    public static int ConsistentSizeFor(int slotCount) => slotCount <= 8 ? 8191 : slotCount <= 512 ? 65537 : 524287;

    private TableChoice List(ChainBalancer by)
    {
        ImmutableArray<int> slots = [.. by.To.Items.SelectMany(_policy.ResolveSlots)];
        return new TableChoice(AddList(slots), slots.Length);
    }

    /// <summary>Equal lists share their entries: a fixed slot, above all.</summary>
    private int AddList(ImmutableArray<int> slots)
    {
        string key = string.Join(',', slots);
        if (!_ofList.TryGetValue(key, out int first))
        {
            first = Add(slots.Length, () => Pad(InOrder(slots), slots.Length));
            _ofList.Add(key, first);
        }

        return first;
    }

    /// <summary>What the numbers in connection ids mean: any slot, since a connection that is there stays, whatever the slot's state.</summary>
    private TableChoice OfIds(ConnectionIdBalancer by)
    {
        TableChoice choice = Among(by.NewSlots) with { Old = Among(by.OldSlots, keepsDraining: true) };
        switch (by.Layout)
        {
            case WorkerLayout { To: EquatableArray<SlotItem> to }:
                return Numbered(_policy.ResolveSlots(to, _slotCount));
            case ModuloLayout { To: EquatableArray<SlotItem> to }:
                return Numbered(_policy.ResolveSlots(to, _slotCount));
            case GenerationLayout layout:
                ImmutableArray<int>[] generations = [.. Enumerable.Range(0, 1 << layout.Generation.Bits).Select(number =>
                    layout.Generations.Items.Where(g => g.Number == number).Select(g => _policy.ResolveSlots(g.Slots, _slotCount)).FirstOrDefault([]))];
                int workers = generations.Max(g => g.Length);
                int first = Add(workers * generations.Length, () => [.. generations.SelectMany(g => Pad(g, workers))]);
                return choice with { IdsFirst = first, WorkerCount = workers };
            default:
                return choice;
        }

        TableChoice Numbered(ImmutableArray<int> slots) => choice with { IdsFirst = Add(slots.Length, () => slots), WorkerCount = slots.Length };
    }

    /// <summary>The generation of each slot that may keep flows: one of the action, active or draining. 0 for the others.</summary>
    private int[] Keeps(ImmutableArray<int> slots)
    {
        int[] keeps = new int[_slotCount];
        foreach (int slot in slots.Where(slot => _states[slot] != SlotState.Standby))
        {
            keeps[slot] = (int)_states.GenerationOf(slot);
        }

        return keeps;
    }

    /// <summary>All slots of an action: those that it may choose, and those that it may keep flows at.</summary>
    private ImmutableArray<int> SlotsOf(Balancer balancer) => balancer switch
    {
        SlotBalancer by => [.. _policy.ResolveSlots(by.Slot)],
        ChainBalancer by => _policy.ResolveSlots(by.To, _slotCount),
        HashBalancer by => _policy.ResolveSlots(by.To, _slotCount),
        LeastLoadedBalancer by => _policy.ResolveSlots(by.To, _slotCount),
        RandomBalancer by => _policy.ResolveSlots(by.To, _slotCount),
        RoundRobinBalancer by => _policy.ResolveSlots(by.To, _slotCount),
        ConsistentBalancer by => _policy.ResolveSlots(by.To, _slotCount),
        WeightedBalancer by => [.. by.Weights.Items.SelectMany(w => _policy.ResolveSlots(w.Slots))],
        CpuBalancer by => SlotsOf(by),
        NumaBalancer by => [.. by.Nodes.Items.SelectMany(n => n.Slots.Items).SelectMany(_policy.ResolveSlots).Distinct()],
        ConnectionIdBalancer => [.. Enumerable.Range(0, _slotCount)],
        GenerationBalancer by => [.. by.Generations.Items.SelectMany(_policy.ResolveSlots).Distinct()],
        _ => [],
    };

    /// <summary>The choice by hash among declared slots. Equal slots share their entries.</summary>
    /// <param name="to">The slots.</param>
    /// <param name="keepsDraining">Whether draining slots may be chosen too.</param>
    /// <param name="drawsFromSpare">Whether packets draw from the spare entries even while every main entry has its slot.</param>
    private TableChoice Among(EquatableArray<SlotItem> to, bool keepsDraining = false, bool drawsFromSpare = false)
    {
        ImmutableArray<int> slots = _policy.ResolveSlots(to, _slotCount);
        if (slots.Length == 1 && !keepsDraining)
        {
            return new TableChoice(AddList(slots), 1);
        }

        string key = (keepsDraining ? "draining " : "") + string.Join(',', slots);
        if (drawsFromSpare)
        {
            _drawsFromSpare.Add(key);
        }

        if (!_ofSlots.TryGetValue(key, out TableChoice? choice))
        {
            int spare = SpareSizeFor(slots.Length);
            int first = Add(slots.Length, () => [.. slots.Select(slot => IsMeant(slot) ? slot : None)]);
            Add(spare, () => slots.All(IsMeant) && !_drawsFromSpare.Contains(key)
                ? Nobody(spare)
                : Maglev(Equal([.. slots.Any(IsMeant) ? slots.Where(IsMeant) : Standby(slots)]), spare, takesAll: true));
            Add(slots.Length, () => Cycle(Standby(slots), slots.Length));
            choice = new TableChoice(first, slots.Length, spare, first + slots.Length + spare, slots.Length);
            _ofSlots.Add(key, choice);
        }

        return choice;

        bool IsMeant(int slot) => _states[slot] == SlotState.Active || (keepsDraining && _states[slot] == SlotState.Draining);
    }

    private TableChoice Consistent(ConsistentBalancer by, int size) =>
        Whole(size, () => Maglev(Equal(_policy.ResolveSlots(by.To, _slotCount)), size), () => Equal(_policy.ResolveSlots(by.To, _slotCount)));

    /// <summary>Main entries that have a slot each, whatever the states, as long as there is one.</summary>
    private TableChoice Whole(int size, Func<IReadOnlyList<int>> main, Func<int[]> weights)
    {
        int first = Add(size, main);
        Add(_slotCount, () => Cycle(Standby([.. Weighing(weights())]), _slotCount));
        return new TableChoice(first, size, 0, first + size, _slotCount);
    }

    private TableChoice OfNodes(NumaBalancer by)
    {
        ImmutableArray<int> all = [.. by.Nodes.Items.SelectMany(node => node.Slots.Items).SelectMany(_policy.ResolveSlots).Distinct().Order()];
        int size = SpareSizeFor(_slotCount);
        int nodes = (int)Count;
        Add(NumaBalancer.NodeCount, () => [.. Enumerable.Range(0, NumaBalancer.NodeCount).Select(BeginOf)]);
        int first = nodes + NumaBalancer.NodeCount;
        Add(size, () => Maglev(Equal(all), size));
        foreach (NumberedSlots node in by.Nodes)
        {
            ImmutableArray<int> own = [.. node.Slots.Items.SelectMany(_policy.ResolveSlots)];
            Add(size, () => Maglev(Equal(own.Any(IsActive) ? own : all), size));
        }

        int standby = Add(_slotCount, () => Cycle(Standby(all), _slotCount));
        return new TableChoice(first, size, 0, standby, _slotCount, nodes);

        int BeginOf(int node) => nodes + NumaBalancer.NodeCount + ((by.Nodes.Items.ToList().FindIndex(n => n.Number == node) + 1) * size);
    }

    private int[] OfCpus(CpuBalancer by)
    {
        int[] slots = [.. _policy.ResolveSlots(by.To, _slotCount)];
        int[] usable = [.. Usable(SlotsOf(by))];
        int[] table = new int[CpuBalancer.TableSize];
        for (int cpu = 0; cpu < table.Length; cpu++)
        {
            int slot = slots[cpu % slots.Length];
            foreach (CpuSlot other in by.Cpus)
            {
                slot = other.Cpus.Contains(cpu) ? _policy.ResolveSlots(other.Slot).First() : slot;
            }

            // The CPUs of a slot that gets nothing spread over the others.
            table[cpu] = usable.Contains(slot) ? slot : usable.Length == 0 ? None : usable[FlowHash.Scale(FlowHash.Compute([(uint)cpu], 3), usable.Length)];
        }

        return table;
    }

    private ImmutableArray<int> SlotsOf(CpuBalancer by) =>
        [.. _policy.ResolveSlots(by.To, _slotCount).Concat(by.Cpus.Items.SelectMany(c => _policy.ResolveSlots(c.Slot))).Distinct().Order()];

    private void AddPorts(EquatableArray<PortRange> ranges)
    {
        if (ranges.Count > MostComparedPorts && !_ofPorts.ContainsKey(KeyOf(ranges)))
        {
            _ofPorts.Add(KeyOf(ranges), Add(PortEntries, () => PortBits(ranges)));
        }
    }

    private static string KeyOf(EquatableArray<PortRange> ranges) => ranges.Count > MostComparedPorts ? string.Join(',', ranges) : "";

    private static int[] PortBits(EquatableArray<PortRange> ranges)
    {
        int[] bits = new int[PortEntries];
        foreach (PortRange range in ranges)
        {
            for (int port = range.First; port <= range.Last; port++)
            {
                bits[port / 32] |= 1 << (port % 32);
            }
        }

        return bits;
    }

    private int Add(int count, Func<IReadOnlyList<int>> values)
    {
        int first = (int)Math.Min(Count, int.MaxValue / 2);
        _parts.Add(values);
        Count += count;
        return first;
    }

    private bool IsActive(int slot) => _states[slot] == SlotState.Active;

    private IEnumerable<int> Standby(ImmutableArray<int> slots) => slots.Where(slot => _states[slot] == SlotState.Standby);

    /// <summary>Those that may get new flows: the active ones, and the ones on standby when there are none.</summary>
    private IEnumerable<int> Usable(ImmutableArray<int> slots) => slots.Any(IsActive) ? slots.Where(IsActive) : Standby(slots);

    /// <summary>A list: the active ones, then those on standby.</summary>
    private IEnumerable<int> InOrder(ImmutableArray<int> slots) => slots.Where(IsActive).Concat(Standby(slots));

    private int[] WeightsOf(WeightedBalancer balancer)
    {
        int[] weights = new int[_slotCount];
        foreach (SlotWeight weight in balancer.Weights)
        {
            foreach (int slot in _policy.ResolveSlots(weight.Slots))
            {
                weights[slot] = weight.Weight;
            }
        }

        return weights;
    }

    private int[] Equal(ImmutableArray<int> slots)
    {
        int[] weights = new int[_slotCount];
        foreach (int slot in slots)
        {
            weights[slot] = 1;
        }

        return weights;
    }

    private static IEnumerable<int> Weighing(int[] weights) => Enumerable.Range(0, weights.Length).Where(slot => weights[slot] > 0);

    /// <summary>The table of the slots that may get new flows.</summary>
    private ImmutableArray<int> Maglev(int[] weights, int size, bool takesAll = false)
    {
        int[] usable = new int[weights.Length];
        foreach (int slot in takesAll ? Weighing(weights) : Usable([.. Weighing(weights)]))
        {
            usable[slot] = weights[slot];
        }

        return Array.TrueForAll(usable, weight => weight == 0) ? Nobody(size) : MaglevTable.Build(usable, size);
    }

    private static ImmutableArray<int> Nobody(int size)
    {
        int[] table = new int[size];
        Array.Fill(table, None);
        return ImmutableCollectionsMarshal.AsImmutableArray(table);
    }

    private static int[] Cycle(IEnumerable<int> slots, int count)
    {
        int[] from = [.. slots];
        return [.. Enumerable.Range(0, count).Select(i => from.Length == 0 ? None : from[i % from.Length])];
    }

    private static int[] Pad(IEnumerable<int> slots, int count) => [.. slots.Concat(Enumerable.Repeat(None, count)).Take(count)];
}
