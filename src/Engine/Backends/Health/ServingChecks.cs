using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Who waits for what arrives. Of a process's own sockets it knows that by itself.</summary>
internal static class ServingChecks
{
    public static IEnumerable<HealthFinding> Of(GroupFacts facts) =>
        facts is { IsOwned: false, ShowsWorkers: true } ? facts.Tested.SelectMany(group => Of(facts, group)) : [];

    private static IEnumerable<HealthFinding> Of(GroupFacts facts, KernelGroupFacts group)
    {
        MemberFacts[] members = [.. group.Candidates.Where(socket => !socket.Socket.IsMptcp)];
        foreach (HealthFinding finding in ByHolder(facts, group, members))
        {
            yield return finding;
        }

        MemberFacts[] unknown = facts.HidesThreads ? [] : [.. members.Where(member => member.Socket.Workers.IsEmpty && member.Holders.Any())];
        HashSet<int> resolved =
        [
            .. members.Where(member => member.Socket.Workers.Any(worker => worker.Evidence != WorkerEvidence.OnlyHolder)).SelectMany(member => member.Holders).Select(owner => owner.ProcessId),
        ];
        MemberFacts[] left = [.. unknown.Where(member => member.Holders.Any(owner => resolved.Contains(owner.ProcessId)))];
        if (left.Length > 0)
        {
            yield return facts.Finding(
                HealthFindings.NotServed, $"{group.Key}: no thread waits for {EvidenceText.Few(left)}, though threads of the same server wait for other members.", group, left)
                .As(DiagnosticSeverity.Warning);
        }

        unknown = [.. unknown.Except(left)];
        if (unknown.Length > 0)
        {
            yield return facts.Finding(HealthFindings.UnresolvedWorker, $"{group.Key}: {EvidenceText.Few(unknown)}.", group, unknown);
        }

        MemberFacts[] shared = [.. members.Where(member => member.Socket.Workers.Length > 1)];
        if (shared.Length > 0)
        {
            yield return facts.Finding(
                HealthFindings.SharedSocket,
                $"{group.Key}: {EvidenceText.Few(shared.Select(member => $"cookie {member.Cookie} has {EvidenceText.Count(member.Socket.Workers.Length, "worker")} ({EvidenceText.Few(member.Socket.Workers)})"))}.",
                group, shared);
        }

        // A thread that is not known stands for any of its process.
        foreach (IGrouping<SocketWorker, MemberFacts> worker in members.Where(member => member.Socket.Workers is [{ ThreadId: not 0 }])
            .GroupBy(member => member.Socket.Workers[0] with { Evidence = default }).Where(worker => worker.Count() > 1))
        {
            yield return facts.Finding(HealthFindings.DuplicateWorker, $"{group.Key}: {worker.Key} serves {EvidenceText.Few(worker.Select(Place))}.", group, worker);
        }
    }

    private static string Place(MemberFacts member) => member.Slot is int slot ? $"slot {slot} (cookie {member.Cookie})" : $"cookie {member.Cookie}";

    private static IEnumerable<HealthFinding> ByHolder(GroupFacts facts, KernelGroupFacts group, MemberFacts[] members)
    {
        MemberFacts[] kept = [.. members.Where(member => !member.Record.Owners.IsEmpty && !member.Holders.Any())];
        if (kept.Length > 0)
        {
            yield return facts.Finding(HealthFindings.NotServed, $"{group.Key}: only process 1 holds {EvidenceText.Few(kept)}: the service does not run.", group, kept);
        }

        MemberFacts[] nobody = facts.HidesOwners ? [] : [.. members.Where(member => member.Record.Owners.IsEmpty)];
        if (nobody.Length > 0)
        {
            yield return facts.Finding(
                HealthFindings.NotServed, $"{group.Key}: no process that is seen from here holds {EvidenceText.Few(nobody)}. Processes of other process id namespaces are not.", group, nobody)
                .As(DiagnosticSeverity.Warning);
        }

        MemberFacts[] held = [.. members.Where(member => member.Holders.Any() && member.Record.Owners.Any(owner => owner.ProcessId == 1))];
        if (held.Length > 0)
        {
            yield return facts.Finding(HealthFindings.HeldByInit, $"{group.Key}: process 1 holds {EvidenceText.Few(held)} too.", group, held);
        }
    }
}
