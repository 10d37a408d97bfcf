using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Yaml;

namespace ReuseportPS.Contract;

/// <summary>What tests of the group layer share: catalogs, policies as text, flows, and a group's state as text.</summary>
public abstract class GroupTest<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    protected const int Slots = 4;

    protected static ImmutableArray<TransportProtocol> Both { get; } = [TransportProtocol.Udp, TransportProtocol.Tcp];

    /// <summary>A name no other test uses.</summary>
    protected string Name => string.Create(CultureInfo.InvariantCulture, $"group-{Port}");

    protected GroupCatalog Catalog(IReuseportBackend? backend = null) => Keep(new GroupCatalog(
        backend ?? Backend, new PolicyText(PolicyYaml.Write, Policy), World.Servers));

    /// <summary>A policy from YAML; without a line <c>version</c> the text is the body of <c>otherwise</c>.</summary>
    protected static SteeringPolicy Policy(string text)
    {
        string yaml = text.StartsWith("version", StringComparison.Ordinal) ? text : $$"""
            version: 1
            policy: simple
            otherwise: { {{text}} }
            """;
        PolicyReading reading = PolicyYaml.Read(yaml);
        return reading.Policy ?? throw new DiagnosticException(reading.Diagnostics);
    }

    /// <summary>A request for members of both protocols and families at the server addresses.</summary>
    protected GroupOpenRequest Request(string? name = null) =>
        new(name ?? Name, Both, [World.ServerV4, World.ServerV6], Port, Slots, World.Servers);

    /// <summary>A request to adopt whoever is bound to the test's port.</summary>
    protected GroupAdoptRequest Adoption => new(Name, null, Port, null, [], World.Servers);

    /// <summary>Flows of all four kinds, from many addresses and ports.</summary>
    protected FlowKey[] Flows(int count) => [.. Enumerable.Range(0, count).Select(Flow)];

    protected FlowKey Flow(int index)
    {
        IpFamily family = index % 2 == 0 ? IpFamily.V4 : IpFamily.V6;
        FlowKey flow = World.NextFlow(index % 4 < 2 ? TransportProtocol.Udp : TransportProtocol.Tcp, family, Port);
        byte high = (byte)(index * 37);
        byte low = (byte)(1 + (index * 11 % 250));
        IPAddress source = family == IpFamily.V4
            ? new IPAddress([10, 8, high, low])
            : new IPAddress([0xfd, 8, 0, 0, 0, high, 0, 0, 0, 0, 0, 0, 0, 0, 0, low]);
        ushort port = index % 7 == 3 ? (ushort)(200 + (flow.SourcePort % 800)) : flow.SourcePort;
        return flow with { Source = FlowKey.ToNumber(source), SourcePort = port };
    }

    protected static FlowOpening Opening(FlowKey flow) => new(flow, [1, 2, 3, 4]);

    /// <summary>Everything about a group that may not change when an operation on it fails, and where some flows arrive.</summary>
    protected string Describe(ManagedGroup group, IReuseportBackend? backend = null, IReadOnlyList<IBackendSocket>? members = null)
    {
        List<string> lines = [];
        foreach (SlotStatus slot in group.ReadSlots())
        {
            lines.Add($"slot {slot.Slot}: {string.Join(", ", slot.Seats.Select(seat => seat.Cookie))} {group.States[slot.Slot]}, turn {group.States.GenerationOf(slot.Slot)}");
        }

        foreach (KernelGroupKey key in group.KernelGroups)
        {
            IReadOnlyList<SocketRecord> found = Backend.FindSockets(new SocketQuery(
                key.Protocol, key.Port, key.Address, Namespace: World.Servers, WithOwners: false));
            lines.Add($"{key}: {(found.Count == 0 ? "nobody" : Backend.InspectAttachment(found[0]).ToString())}");
        }

        lines.Add($"loads: {string.Join(", ", group.ReadLoads().Select(load => (uint)load))}");
        lines.Add($"programs: {string.Join(", ", group.ProgramIds)}");
        lines.Add($"policy: {(group.Policy is null ? "none" : PolicyYaml.Write(group.Policy))}");
        using (IPinFolder? pins = Backend.Pins.Open(group.Name))
        {
            lines.Add($"pins: {(pins is null ? "none" : string.Join(", ", pins.Names))}");
        }

        FlowExperiment experiment = members is null
            ? new FlowExperiment(backend ?? Backend, group, World.Clients)
            : new FlowExperiment(Backend, [members], World.Clients);
        IReadOnlyList<IBackendSocket> all = members ?? [.. group.OwnSockets.SelectMany(sockets => sockets)];
        foreach (FlowKey flow in Enumerable.Range(0, 16).Select(Probe).Where(flow => all.Any(member =>
            (member.Protocol, member.Family) == (flow.Protocol, flow.Family))))
        {
            lines.Add($"{flow}: {experiment.Open(Opening(flow))}");
        }

        return string.Join('\n', lines);
    }

    // The same flows at each description, so that the answers can be compared.
    private FlowKey Probe(int index) => Flow(index) with { SourcePort = (ushort)(30000 + index) };

    /// <summary>The code of the first finding of a refusal.</summary>
    protected static string RefusalCode(Action operation) => Assert.ThrowsAny<DiagnosticException>(operation).Diagnostics[0].Code;

    /// <summary>The counters without the epoch, which is no count.</summary>
    protected static ImmutableArray<CounterReading> Counts(IEnumerable<CounterReading> counters) =>
        [.. counters.Where(counter => counter.Kind != CounterKind.Epoch)];
}
