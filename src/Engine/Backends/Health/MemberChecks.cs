using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Who is a member and should not be, and who is none and should be.</summary>
internal static class MemberChecks
{
    public static IEnumerable<HealthFinding> Of(GroupFacts facts) => facts.Tested.SelectMany(group => Of(facts, group));

    private static IEnumerable<HealthFinding> Of(GroupFacts facts, KernelGroupFacts group)
    {
        MemberFacts[] connected = [.. group.Sockets.Where(socket => !socket.IsCandidate)];
        if (connected.Length > 0)
        {
            bool mayHaveSat = group.Seats.Contains(0UL);
            yield return facts.Finding(
                HealthFindings.ConnectedSocket,
                $"{group.Key}: {EvidenceText.Few(connected)} {(connected.Length == 1 ? "is" : "are")} connected.{(mayHaveSat ? " An empty seat may be where one sat." : "")}", group, connected)
                .As(mayHaveSat ? DiagnosticSeverity.Warning : DiagnosticSeverity.Information);
        }

        MemberFacts[] mptcp = [.. group.Candidates.Where(socket => socket.Socket.IsMptcp)];
        if (mptcp.Length > 0)
        {
            yield return facts.Finding(HealthFindings.MptcpListener, $"{group.Key}: {EvidenceText.Few(mptcp)}.", group, mptcp);
        }

        MemberFacts[] off = [.. group.Candidates.Where(socket => socket.Socket.ReusePort == false)];
        if (off.Length > 0)
        {
            yield return facts.Finding(HealthFindings.OptionOff, $"{group.Key}: SO_REUSEPORT is 0 on {EvidenceText.Few(off)}.", group, off);
        }

        MemberFacts[] others = [.. group.Candidates.Where(socket => socket is { Slot: null, Socket: { IsMptcp: false, ReusePort: not false } })];
        MemberFacts[] orphans = [.. others.Where(socket => group.Order is { } order && !order.Contains(socket.Cookie))];
        if (orphans.Length > 0)
        {
            yield return facts.Finding(
                HealthFindings.OrphanedSocket,
                $"{group.Key}: {EvidenceText.Few(orphans)} {(orphans.Length == 1 ? "is" : "are")} not among the {EvidenceText.Count(group.Order!.Value.Length, "member")} of the kernel's group.", group, orphans);
        }

        MemberFacts[] unseated = [.. others.Except(orphans)];
        if (unseated.Length > 0 && group.IsManaged)
        {
            HealthFinding finding = facts.Finding(
                HealthFindings.UnseatedMember,
                $"{group.Key}: {EvidenceText.Few(unseated)} {(unseated.Length == 1 ? "has" : "have")} no slot.{(facts.IsSteered ? "" : " No policy is in force yet.")}", group, unseated)
                .As(facts.IsSteered ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning);
            yield return facts.IsOwned ? finding with { Remedy = $"Seat it with: Set-SocketSlot {facts.Group} -Slot SLOT -Socket COOKIE. (An own group is not synchronized.)" } : finding;
        }

        if (!group.Idle.IsEmpty)
        {
            yield return facts.Finding(
                HealthFindings.NotListening, $"{group.Key}: {EvidenceText.Few(group.Idle)} {(group.Idle.Length == 1 ? "is" : "are")} bound and in no LISTEN state.", group, group.Idle)
                .As(facts.IsOwned ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning);
        }

        foreach (HealthFinding finding in ByServer(facts, group))
        {
            yield return finding;
        }
    }

    private static IEnumerable<HealthFinding> ByServer(GroupFacts facts, KernelGroupFacts group)
    {
        ImmutableArray<ServerCluster> servers = ServerCluster.Of(group.Candidates);
        if (servers.Length < 2)
        {
            yield break;
        }

        ServerCluster own = servers[0];
        ServerCluster[] foreign = [.. servers.Where(server => !server.Commands.Overlaps(own.Commands))];
        foreach (ServerCluster server in foreign)
        {
            yield return facts.Finding(HealthFindings.ForeignMember, $"{group.Key}: {server} holds {EvidenceText.Few(server.Members)}; the group is of {own}.", group, server.Members);
        }

        // One socket for each process is what servers look like whose workers open their own.
        ServerCluster[] second = [.. servers.Skip(1).Except(foreign)];
        if (second.Length > 0 && second.Append(own).Any(server => server.Members.Length > 1))
        {
            MemberFacts[] members = [.. second.SelectMany(server => server.Members)];
            yield return facts.Finding(
                HealthFindings.SecondServer, $"{group.Key}: {EvidenceText.Few(second)} {(second.Length == 1 ? "holds" : "hold")} {EvidenceText.Count(members.Length, "member")} beside {own}.", group, members);
        }
    }
}
