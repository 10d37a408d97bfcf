using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>Counters of the namespace, or of a policy.</summary>
internal sealed record ExpectCounterAction(ImmutableArray<Share> Counters, string? Program) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "expect-counter",
        "Holds counters to values: TcpExt counters of the namespace, or those of a policy: `slot-0` and so on, names of rules, and `kernel`, `reject`, `miss`, `otherwise`, `unreadable`, `not-covered`.",
        [
            new("counters", FieldKinds.Shares(null), "Values or ranges by name.", true),
            new("program", FieldKinds.Known(NameKind.Program), "The program of a policy; TcpExt counters without it."),
        ],
        fields => new ExpectCounterAction(fields.Get<ImmutableArray<Share>>("counters"), fields.Find<string>("program")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        long[] values = [];
        bool passed = host.Becomes(() =>
        {
            values = [.. Counters.Select(counter => Read(host, counter.Name))];
            return Counters.Zip(values).All(pair => pair.Second >= pair.First.Least && pair.Second <= pair.First.Most);
        });
        return new Observation(
            string.Join(", ", Counters), string.Join(", ", Counters.Zip(values, (counter, value) => string.Create(CultureInfo.InvariantCulture, $"{counter.Name} {value}"))), passed);
    }

    private long Read(ScenarioHost host, string name)
    {
        if (Program is null)
        {
            return host.Network.ReadCounter(name);
        }

        ImmutableArray<CounterReading> readings = (host.Program(Program).Policy ?? throw new ScenarioException($"program '{Program}' is no policy")).ReadCounters();
        return (long)(readings.FirstOrDefault(reading => NameOf(reading) == name) ?? throw new ScenarioException($"the policy has no counter '{name}'")).Value;
    }

    private static string NameOf(CounterReading reading) => reading.Kind switch
    {
        CounterKind.Slot => $"slot-{reading.Name}",
        CounterKind.Rule => reading.Name,
        CounterKind.NotCovered => "not-covered",
        _ => reading.Name.ToLowerInvariant(),
    };
}
