using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Formatting;

/// <summary>
/// Counters in the exposition format of Prometheus (version 0.0.4): one metric for rules, one for slots, one for all other counts, and gauges for what is no count. The labels are
/// <c>group</c>, <c>backend</c> and <c>rule</c> (with <c>index</c>), <c>slot</c> or <c>kind</c>.
/// </summary>
public static class PrometheusText
{
    private static readonly (string Name, string Type, string Help, Func<CounterKind, bool> Has)[] s_metrics =
    [
        ("reuseport_rule_packets_total", "counter", "Packets whose first matching rule is this one.", kind => kind == CounterKind.Rule),
        ("reuseport_slot_packets_total", "counter", "Packets given to this slot.", kind => kind == CounterKind.Slot),
        ("reuseport_events_total", "counter", "What else a policy counts, by kind.", kind => kind is not (CounterKind.Rule or CounterKind.Slot or CounterKind.Epoch or CounterKind.StickyEntries)),
        ("reuseport_sticky_entries", "gauge", "Flows in the flow tables.", kind => kind == CounterKind.StickyEntries),
        ("reuseport_policy_epoch", "gauge", "The epoch with which the last packet was decided.", kind => kind == CounterKind.Epoch),
    ];

    /// <summary>The text, each metric with all groups' values, every line ended.</summary>
    public static string Of(IReadOnlyCollection<SteeringCounter> counters)
    {
        StringBuilder text = new();
        foreach ((string name, string type, string help, Func<CounterKind, bool> has) in s_metrics)
        {
            SteeringCounter[] values = [.. counters.Where(counter => has(counter.Kind))];
            if (values.Length == 0)
            {
                continue;
            }

            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
            foreach (SteeringCounter counter in values)
            {
                string own = counter.Kind switch
                {
                    CounterKind.Rule => $",rule=\"{Escape(counter.Name)}\",index=\"{Index(counter)}\"",
                    CounterKind.Slot => $",slot=\"{Index(counter)}\"",
                    CounterKind.Epoch or CounterKind.StickyEntries => "",
                    _ => $",kind=\"{counter.Kind}\"",
                };
                text.Append(CultureInfo.InvariantCulture, $"{name}{{group=\"{Escape(counter.Group)}\",backend=\"{counter.Backend}\"{own}}} {counter.Value}\n");
            }
        }

        return text.ToString();
    }

    private static string Index(SteeringCounter counter) => counter.Index?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
