using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Looks at a group, or at sockets that no group has, and says what is wrong with them. Changes nothing.</summary>
public static class GroupDoctor
{
    private static readonly ImmutableArray<Func<GroupFacts, IEnumerable<HealthFinding>>> s_checks =
    [
        MemberChecks.Of, SeatChecks.Of, ProgramChecks.Of, AddressChecks.Of, ServingChecks.Of, QueueChecks.Of, HostChecks.Of, CapacityChecks.Of, SightChecks.Of,
    ];

    /// <summary>Examines a group.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="group">The group.</param>
    /// <param name="watch">How long queues are watched when something waits in one; a simulator sets its clock forward.</param>
    /// <exception cref="BackendException">Sockets cannot be listed at all.</exception>
    public static GroupHealth Examine(IReuseportBackend backend, ManagedGroup group, TimeSpan watch) => Judge(new FactGathering(backend, group.Place, watch).Of(group));

    /// <summary>Examines sockets that no group has; null when there are none.</summary>
    /// <param name="backend">Where they are.</param>
    /// <param name="place">In which network namespace; null for the current one.</param>
    /// <param name="protocol">TCP or UDP; null for both.</param>
    /// <param name="port">Their port.</param>
    /// <param name="address">Their address, exactly as bound; null for any.</param>
    /// <param name="taken">Kernel groups that groups have: their sockets are left out.</param>
    /// <param name="watch">How long queues are watched when something waits in one.</param>
    /// <exception cref="BackendException">Sockets cannot be listed at all.</exception>
    public static GroupHealth? Examine(
        IReuseportBackend backend, INetworkNamespace? place, TransportProtocol? protocol, int port, IPAddress? address, IReadOnlySet<KernelGroupKey> taken, TimeSpan watch) =>
        new FactGathering(backend, place ?? backend.CurrentNamespace, watch).Of(protocol, port, address, taken) is { } facts ? Judge(facts) : null;

    internal static GroupHealth Judge(GroupFacts facts) => new(
        [.. s_checks.SelectMany(check => check(facts)).OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.Code, StringComparer.Ordinal)], facts.NotChecked);
}
