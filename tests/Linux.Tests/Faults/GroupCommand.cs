using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Contract;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>The commands that faults happen to, by a name that another process can be told. Each is what a shell of its own does: it knows the group from its pins alone.</summary>
internal static class GroupCommand
{
    public const string Group = "faults";
    public const string New = "new";
    public const string Remove = "remove";

    private const string Member = "member";

    private static readonly TimeSpan s_trial = TimeSpan.FromHours(1);

    private static readonly ImmutableDictionary<string, string> s_policies = ImmutableDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, string>
    {
        ["0"] = "{ by: slot, slot: 0 }",
        ["1"] = "{ by: hash, to: [1] }",
        ["10"] = "{ by: weighted, weights: { 0: 1, 1: 0 } }",
        ["01"] = "{ by: weighted, weights: { 0: 0, 1: 1 } }",
        ["in"] = Listed("127.0.0.0/8, 10.1.0.0/16"),
        ["out"] = Listed("10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16"),
        ["many"] = Listed(string.Join(", ", Enumerable.Range(0, 100).Select(number => string.Create(CultureInfo.InvariantCulture, $"10.1.{number}.0/24")))),
    });

    /// <summary>Runs one: <c>new</c>, <c>set POLICY</c>, <c>try POLICY</c>, <c>confirm</c>, <c>return</c>, <c>drain SLOT</c>, <c>weight SLOT WEIGHT</c>, <c>sync</c>, <c>unset</c>, <c>remove</c>; each also as <c>member COMMAND</c>, by who may make no maps.</summary>
    public static void Run(IReuseportBackend backend, INetworkNamespace place, int port, string command)
    {
        string[] words = command.Split(' ');
        if (words[0] == Member)
        {
            Run(MemberBackend.Before(backend), place, port, command[(Member.Length + 1)..]);
            return;
        }

        using GroupCatalog catalog = Catalog(backend, place);
        switch (words[0])
        {
            case New:
                catalog.Adopt(new GroupAdoptRequest(Group, null, port, null, [], place)).Dispose();
                return;
            case Remove:
                catalog.Remove(Group);
                return;
        }

        using ManagedGroup group = catalog.Find(Group) ?? throw catalog.NotFound(Group);
        switch (words[0])
        {
            case "set":
                group.Apply(Policy(words[1]));
                break;
            case "try":
                group.Apply(Policy(words[1]), confirmWithin: s_trial);
                break;
            case "confirm":
                group.ConfirmPolicy();
                break;
            case "return":
                group.RollBack();
                break;
            case "drain":
                group.Change(new SlotChange([SlotItem.Of(Number(words[1]))]) { State = SlotState.Draining });
                break;
            case "weight":
                group.Change(new SlotChange([SlotItem.Of(Number(words[1]))]) { Weight = Number(words[2]) });
                break;
            case "sync":
                group.Synchronize();
                break;
            case "unset":
                group.RemovePolicy();
                break;
            default:
                throw new ArgumentException($"There is no command '{command}'.", nameof(command));
        }
    }

    public static GroupCatalog Catalog(IReuseportBackend backend, INetworkNamespace place) => new(backend, new PolicyText(PolicyYaml.Write, Read), place);

    private static string Listed(string prefixes) => $$"""
        { by: slot, slot: 0 }
        lists: { some: [{{prefixes}}] }
        rules:
          - when: { source: some }
            steer: { by: slot, slot: 1 }
        """;

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static SteeringPolicy Policy(string name) => Read($"version: 1\npolicy: p{name}\notherwise: {s_policies[name]}");

    private static SteeringPolicy Read(string text)
    {
        PolicyReading reading = PolicyYaml.Read(text);
        return reading.Policy ?? throw new DiagnosticException(reading.Diagnostics);
    }
}
