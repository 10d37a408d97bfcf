using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Sockets of one port in several kernel groups, and ports that are shared by accident.</summary>
internal static class AddressChecks
{
    public static IEnumerable<HealthFinding> Of(GroupFacts facts) => [.. facts.Group is null ? AmongThemselves(facts) : BesideTheGroup(facts), .. Shared(facts)];

    /// <summary>Kernel groups that the group does not have, though they take its packets or are of its server.</summary>
    private static IEnumerable<HealthFinding> BesideTheGroup(GroupFacts facts)
    {
        KernelGroupFacts[] managed = [.. facts.Tested];
        foreach (KernelGroupFacts other in facts.KernelGroups.Where(group => !group.IsManaged && group.Candidates.Any()))
        {
            KernelGroupFacts? nearest = managed.Where(group => group.Key.Protocol == other.Key.Protocol && (AddressOverlap.Meet(group.Key, other.Key) || AreOfOneServer(group, other)))
                .OrderBy(group => AddressOverlap.Differences(group.Key, other.Key).Count()).FirstOrDefault();
            if (nearest is not null)
            {
                yield return Split(facts, nearest, other, "is not in the group");
            }
        }
    }

    /// <summary>Kernel groups that could take each other's packets. Two families or two addresses of one server are no fault.</summary>
    private static IEnumerable<HealthFinding> AmongThemselves(GroupFacts facts)
    {
        KernelGroupFacts[] groups = [.. facts.Tested.Where(group => group.Candidates.Any())];
        for (int index = 1; index < groups.Length; index++)
        {
            KernelGroupFacts? met = groups.Take(index).Where(group => AddressOverlap.Meet(group.Key, groups[index].Key))
                .OrderBy(group => AddressOverlap.Differences(group.Key, groups[index].Key).Count()).FirstOrDefault();
            if (met is not null)
            {
                yield return Split(facts, met, groups[index], "is a group of its own");
            }
        }
    }

    private static HealthFinding Split(GroupFacts facts, KernelGroupFacts group, KernelGroupFacts other, string how)
    {
        string[] differences = [.. AddressOverlap.Differences(group.Key, other.Key)];
        bool isOfAnotherUser = group.Key.Uid != other.Key.Uid && AddressOverlap.Meet(group.Key, other.Key);
        string users = group.Key.Uid == other.Key.Uid ? "" : $" (uid {group.Key.Uid} and {other.Key.Uid})";
        return facts.Finding(
            isOfAnotherUser ? HealthFindings.UidMismatch : HealthFindings.SplitGroup,
            $"{other.Key} with {EvidenceText.Few(other.Candidates)} {how}: it differs from {group.Key} by {string.Join(" and ", differences)}{users}.", other, other.Candidates);
    }

    private static bool AreOfOneServer(KernelGroupFacts one, KernelGroupFacts other)
    {
        HashSet<int> holders = [.. one.Sockets.SelectMany(socket => socket.Holders).Select(owner => owner.ProcessId)];
        return other.Candidates.SelectMany(socket => socket.Holders).Any(owner => holders.Contains(owner.ProcessId));
    }

    /// <summary>
    /// Processes of one socket each that set SO_REUSEADDR and SO_REUSEPORT, as .NET does for ReuseAddress. Servers whose workers open a socket each look the same,
    /// so that of seated members, and of one command, nothing bad is thought.
    /// </summary>
    private static IEnumerable<HealthFinding> Shared(GroupFacts facts)
    {
        foreach (KernelGroupFacts group in facts.Tested)
        {
            ImmutableArray<ServerCluster> servers = ServerCluster.Of(group.Candidates);
            if (servers.Length < 2 || servers.Any(server => server.Members.Length > 1))
            {
                continue;
            }

            MemberFacts[] suspects =
            [
                .. servers.Skip(1).SelectMany(server => server.Members)
                    .Where(member => member is { Socket: { ReuseAddress: true, ReusePort: true } } && (member.Slot is null || !group.IsManaged)),
            ];
            if (suspects.Length > 0)
            {
                bool isOneProgram = servers.All(server => server.Commands.SetEquals(servers[0].Commands));
                yield return facts.Finding(
                    HealthFindings.ReuseAddressTrap, $"{group.Key}: {EvidenceText.Few(suspects)} {(suspects.Length == 1 ? "has" : "have")} SO_REUSEADDR and SO_REUSEPORT, and shares the port with {servers[0]}.", group, suspects)
                    .As(isOneProgram && !group.IsManaged ? DiagnosticSeverity.Information : DiagnosticSeverity.Warning);
            }
        }
    }
}
