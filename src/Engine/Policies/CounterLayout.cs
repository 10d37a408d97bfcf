using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;

namespace ReuseportPS.Engine.Policies;

/// <summary>How the two counter maps of a compiled policy read.</summary>
/// <param name="Fields">The u64 fields of the value of key 0 in the counters map, in order: field i is at byte 8 * i.</param>
/// <param name="SlotCount">Entries of the slot counters map.</param>
/// <param name="CellCount">u64s after the fields that count nothing to be read: whose turn it is in a round robin.</param>
public sealed record CounterLayout(ImmutableArray<CounterField> Fields, int SlotCount, int CellCount = 0)
{
    private static readonly CounterKind[] s_sticky = [CounterKind.StickyHit, CounterKind.StickyCreate, CounterKind.StickyRemove, CounterKind.StickyError];
    private static readonly CounterKind[] s_ids = [CounterKind.IdKnown, CounterKind.IdNew, CounterKind.IdUnknown];
    private static readonly CounterKind[] s_migrating = [CounterKind.Migrating];
    private static readonly CounterKind[] s_samples = [CounterKind.Sample, CounterKind.SampleLost];
    private static readonly CounterKind[] s_loads = [CounterKind.LoadStale];

    private readonly int _rules = Fields.Count(field => field.Kind == CounterKind.Rule);

    /// <summary>Bytes of the value of the counters map on one CPU.</summary>
    public int ValueSize => (Fields.Length + CellCount) * sizeof(ulong);

    /// <summary>The fields of a policy: those that every policy has, then one for each rule.</summary>
    public static CounterLayout For(SteeringPolicy policy, int slotCount) => new(
        [
            .. Common.Concat(OnlyOf(policy)).Select(kind => new CounterField(kind, kind.ToString(), null)),
            .. Enumerable.Range(0, policy.Rules.Count).Select(i => new CounterField(CounterKind.Rule, policy.RuleName(i), i)),
        ],
        slotCount,
        Enumerable.Range(0, policy.Rules.Count + 1).Count(position => HasCell(policy, position)) + (policy.SampleOneIn is null ? 0 : 1));

    /// <summary>The field of a kind that every policy has.</summary>
    internal static int IndexOf(CounterKind kind) => Common.IndexOf(kind);

    /// <summary>The field of a rule.</summary>
    internal int IndexOfRule(int rule) => Fields.Length - _rules + rule;

    /// <summary>The field of a kind that not every policy has; -1 without one.</summary>
    internal int Find(CounterKind kind)
    {
        for (int i = 0; i < Fields.Length - _rules; i++)
        {
            if (Fields[i].Kind == kind)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The u64 of a round robin, counted from the first field.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="position">Position of the action.</param>
    internal int IndexOfCell(SteeringPolicy policy, int position) => Fields.Length + Enumerable.Range(0, position).Count(earlier => HasCell(policy, earlier));

    /// <summary>The u64 that counts decisions up to the next sample: the last.</summary>
    internal int IndexOfSampleCell => Fields.Length + CellCount - 1;

    private static bool HasCell(SteeringPolicy policy, int position) => policy.ActionAt(position) is SteerAction { By: RoundRobinBalancer };

    private static IEnumerable<CounterKind> OnlyOf(SteeringPolicy policy)
    {
        if (PacketNeeds.LooksAtFlags(policy))
        {
            yield return CounterKind.NotSyn;
        }

        PolicyAction[] actions = [.. Enumerable.Range(0, policy.Rules.Count + 1).Select(policy.ActionAt)];
        CounterKind[] kinds =
        [
            .. actions.Any(a => a is SteerAction { Sticky: not null }) ? s_sticky : [],
            .. actions.Any(a => a is SteerAction { By: ConnectionIdBalancer }) ? s_ids : [],
            .. actions.Any(a => a is SteerAction { By: LeastLoadedBalancer }) ? s_loads : [],
            .. policy.Migrates ? s_migrating : [],
            .. policy.SampleOneIn is null ? [] : s_samples,
        ];
        foreach (CounterKind kind in kinds)
        {
            yield return kind;
        }
    }

    /// <summary>Reads the maps: sums over CPUs.</summary>
    /// <param name="counters">The value of key 0 of the counters map: one value after the other, one per CPU.</param>
    /// <param name="slotCounters">For each slot, the value of the slot counters map: 8 bytes per CPU.</param>
    public ImmutableArray<CounterReading> Read(ReadOnlySpan<byte> counters, IReadOnlyList<byte[]> slotCounters)
    {
        ImmutableArray<CounterReading>.Builder readings = ImmutableArray.CreateBuilder<CounterReading>(Fields.Length + SlotCount);
        for (int i = 0; i < Fields.Length; i++)
        {
            CounterField field = Fields[i];
            readings.Add(new CounterReading(field.Kind, field.Name, field.Index, Total(counters, i * sizeof(ulong), ValueSize, field.Kind)));
        }

        for (int slot = 0; slot < SlotCount; slot++)
        {
            ulong total = Total(slotCounters[slot], 0, sizeof(ulong), CounterKind.Slot);
            readings.Add(new CounterReading(CounterKind.Slot, slot.ToString(CultureInfo.InvariantCulture), slot, total));
        }

        return readings.MoveToImmutable();
    }

    private static ImmutableArray<CounterKind> Common { get; } =
        [CounterKind.Epoch, CounterKind.NotCovered, CounterKind.Unreadable, CounterKind.Kernel, CounterKind.Reject, CounterKind.Miss, CounterKind.Otherwise];

    private static ulong Total(ReadOnlySpan<byte> values, int offset, int stride, CounterKind kind)
    {
        ulong total = 0;
        for (int at = offset; at + sizeof(ulong) <= values.Length; at += stride)
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(values[at..]);
            total = kind == CounterKind.Epoch ? Math.Max(total, value) : total + value;
        }

        return total;
    }
}
