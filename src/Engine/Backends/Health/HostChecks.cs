using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Sysctls that matter to what the group does.</summary>
internal static class HostChecks
{
    public static IEnumerable<HealthFinding> Of(GroupFacts facts)
    {
        ImmutableArray<int> draining = [.. Enumerable.Range(0, facts.SlotCount).Where(slot => facts.States[slot] == SlotState.Draining
            && facts.Tested.Any(group => group.Key.Protocol == TransportProtocol.Tcp && group.Seats[slot] != 0))];
        if (!draining.IsEmpty && facts is { MigrateRequests: 0, Migrates: false })
        {
            HealthFinding finding = facts.Finding(
                HealthFindings.MigrationOff, $"net.ipv4.tcp_migrate_req is 0; draining: {(draining.Length == 1 ? "slot" : "slots")} {string.Join(", ", SlotItem.Ranges(draining))}.");
            yield return finding with { Slot = draining };
        }

        if (facts is { SynCookies: 2, IsSteered: true })
        {
            yield return facts.Finding(HealthFindings.SynCookies, "net.ipv4.tcp_syncookies is 2.");
        }
    }
}
