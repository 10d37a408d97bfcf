using System.Collections.Immutable;
using System.Globalization;

namespace ReuseportPS.Engine.Policies;

/// <summary>Counts decisions as a compiled program counts them.</summary>
public sealed class PolicyCounters
{
    private readonly ulong[] _fields;
    private readonly ulong[] _slots;

    /// <summary>Counters at 0.</summary>
    public PolicyCounters(CounterLayout layout)
    {
        Layout = layout;
        _fields = new ulong[layout.Fields.Length];
        _slots = new ulong[layout.SlotCount];
    }

    /// <summary>Which counters there are.</summary>
    public CounterLayout Layout { get; }

    /// <summary>Counts one decision.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="epoch">The epoch it was made with; 0 for a preview.</param>
    public void Add(in PolicyDecision decision, uint epoch = 0)
    {
        _fields[CounterLayout.IndexOf(CounterKind.Epoch)] = Math.Max(_fields[CounterLayout.IndexOf(CounterKind.Epoch)], epoch);
        _fields[decision.Basis == CounterKind.Rule ? Layout.IndexOfRule(decision.Rule) : CounterLayout.IndexOf(decision.Basis)]++;
        foreach (CounterKind kind in PolicyEvents.Kinds)
        {
            if (decision.Events[kind] is > 0 and int count)
            {
                _fields[Layout.Find(kind)] += (ulong)count;
            }
        }

        _fields[CounterLayout.IndexOf(CounterKind.Miss)] += (ulong)decision.Misses;
        switch (decision.Verdict)
        {
            case PolicyVerdict.Slot:
                _slots[decision.Slot]++;
                break;
            case PolicyVerdict.Reject:
                _fields[CounterLayout.IndexOf(CounterKind.Reject)]++;
                break;
            default:
                _fields[CounterLayout.IndexOf(CounterKind.Kernel)]++;
                break;
        }
    }

    /// <summary>The counters, in the order in which <see cref="CounterLayout.Read"/> gives them.</summary>
    public ImmutableArray<CounterReading> Read() =>
    [
        .. Layout.Fields.Select((field, i) => new CounterReading(field.Kind, field.Name, field.Index, _fields[i])),
        .. _slots.Select((value, slot) => new CounterReading(CounterKind.Slot, slot.ToString(CultureInfo.InvariantCulture), slot, value)),
    ];
}
