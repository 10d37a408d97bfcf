using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>Connections that wait to be accepted, or bytes to be received.</summary>
internal sealed record ExpectQueueAction(ImmutableArray<Share> Queues) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "expect-queue", "Holds the receive queues of sockets to lengths: of a listener the connections that wait to be accepted.",
        [new("queues", FieldKinds.Shares(NameKind.Socket), "Lengths or ranges by socket.", true)],
        fields => new ExpectQueueAction(fields.Get<ImmutableArray<Share>>("queues")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        int[] lengths = [];
        bool passed = host.Becomes(() =>
        {
            lengths = [.. Queues.Select(queue => host.Record(queue.Name).ReceiveQueue)];
            return Queues.Zip(lengths).All(pair => pair.Second >= pair.First.Least && pair.Second <= pair.First.Most);
        });
        return new Observation(
            string.Join(", ", Queues), string.Join(", ", Queues.Zip(lengths, (queue, length) => string.Create(CultureInfo.InvariantCulture, $"{queue.Name} {length}"))), passed);
    }
}
