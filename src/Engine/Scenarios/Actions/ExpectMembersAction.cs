using System.Collections.Immutable;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>The live members of a kernel group, in the kernel's order.</summary>
internal sealed record ExpectMembersAction(string Socket, ImmutableArray<string> Members) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "expect-members", "Holds the live members of a socket's group to sockets, in the kernel's own order. `empty` stands for a socket that is in no group.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket), "A member of the group.", true),
            new("members", FieldKinds.Seats, "The members, in order.", true),
        ],
        fields => new ExpectMembersAction(fields.Get<string>("socket"), fields.Get<ImmutableArray<string>>("members")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        string expected = string.Join(", ", Members);
        IReadOnlyList<ulong>? order = host.Backend.MemberOrder(host.Record(Socket));
        return order is null
            ? new Observation(expected, "the group cannot be seen here", false)
            : Observation.Of(expected, order.Count == 0 ? "empty" : string.Join(", ", order.Select(host.NameOf)));
    }
}
