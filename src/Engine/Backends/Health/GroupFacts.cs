using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>What was seen of a group, or of sockets that no group has. The checks look at nothing else.</summary>
internal sealed record GroupFacts
{
    /// <summary>Name of the group; null for sockets that no group has.</summary>
    public string? Group { get; init; }

    /// <summary>Whether the sockets are this process's own, which serves them as it likes.</summary>
    public bool IsOwned { get; init; }

    /// <summary>Its kernel groups, then others at the same ports.</summary>
    public ImmutableArray<KernelGroupFacts> KernelGroups { get; init; } = [];

    public SlotStates States { get; init; } = SlotStates.AllActive;

    public int SlotCount { get; init; }

    /// <summary>Whether a policy, or a program in its place, decides.</summary>
    public bool IsSteered { get; init; }

    /// <summary>Whether the policy steers connections whose listener stops.</summary>
    public bool Migrates { get; init; }

    /// <summary>net.ipv4.tcp_migrate_req; null when it was not read.</summary>
    public long? MigrateRequests { get; init; }

    /// <summary>net.ipv4.tcp_syncookies; null when it was not read.</summary>
    public long? SynCookies { get; init; }

    /// <summary>Flow tables by the names of their rules.</summary>
    public ImmutableArray<(string Rule, ulong Entries, int Capacity)> FlowTables { get; init; } = [];

    /// <summary>Flows driven out of them.</summary>
    public ulong Evictions { get; init; }

    /// <summary>The time between the first look at the queues and the last.</summary>
    public TimeSpan Watched { get; init; }

    /// <summary>Whether threads that wait can be seen at all.</summary>
    public bool ShowsWorkers { get; init; }

    /// <summary>Whether some process hides its descriptors, or what its threads wait for.</summary>
    public bool HidesOwners { get; init; }

    public bool HidesThreads { get; init; }

    /// <summary>What could not be looked at, and what it would take.</summary>
    public ImmutableArray<string> Hidden { get; init; } = [];

    /// <summary>What this backend, or this kernel, does not let be checked.</summary>
    public ImmutableArray<string> NotChecked { get; init; } = [];

    /// <summary>The kernel groups of the group; all of them where there is none.</summary>
    public IEnumerable<KernelGroupFacts> Tested => KernelGroups.Where(group => (group.IsManaged || Group is null) && !group.IsElsewhere);

    /// <summary>A finding.</summary>
    /// <param name="definition">What is found.</param>
    /// <param name="evidence">What was seen.</param>
    /// <param name="group">The kernel group that it is about.</param>
    /// <param name="sockets">The sockets that it is about.</param>
    public HealthFinding Finding(Diagnostics.DiagnosticDefinition definition, string evidence, KernelGroupFacts? group = null, params IEnumerable<MemberFacts> sockets)
    {
        MemberFacts[] about = [.. sockets];
        return new HealthFinding(
            definition.Code, definition.Title, definition.Severity, evidence, definition.Explanation,
            Group is null ? definition.Remedy : definition.Remedy.Replace("NAME", Group, StringComparison.Ordinal))
        {
            KernelGroup = group?.Key,
            Slot = [.. about.Select(socket => socket.Slot).OfType<int>().Distinct().Order()],
            Cookie = [.. about.Select(socket => socket.Cookie)],
        };
    }
}
