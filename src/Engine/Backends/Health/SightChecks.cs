using System.Globalization;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>What could not be looked at: each is a finding, for a test that saw nothing has not passed.</summary>
internal static class SightChecks
{
    private const string Processes = "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH";

    public static IEnumerable<HealthFinding> Of(GroupFacts facts)
    {
        foreach (string hidden in facts.Hidden)
        {
            yield return facts.Finding(HealthFindings.CouldNotLook, $"Could not look: {hidden}");
        }

        foreach (KernelGroupFacts elsewhere in facts.KernelGroups.Where(group => group is { IsManaged: true, IsElsewhere: true }))
        {
            HealthFinding finding = facts.Finding(
                HealthFindings.CouldNotLook,
                string.Create(CultureInfo.InvariantCulture, $"Could not look at {elsewhere.Key}: its members are in network namespace {elsewhere.Key.Namespace}, and this shell is not."), elsewhere);
            yield return finding with { Remedy = "Run in the server's network namespace (nsenter --net=/proc/PID/ns/net, PID being a process of the server)." };
        }

        foreach (KernelGroupFacts group in facts.Tested)
        {
            foreach (HealthFinding finding in Of(facts, group))
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<HealthFinding> Of(GroupFacts facts, KernelGroupFacts group)
    {
        MemberFacts[] members = [.. group.Candidates.Where(member => !member.Socket.IsMptcp)];
        MemberFacts[] ownerless = facts.HidesOwners ? [.. members.Where(member => member.Record.Owners.IsEmpty)] : [];
        if (ownerless.Length > 0)
        {
            yield return facts.Finding(
                HealthFindings.CouldNotLook, $"Could not look who holds {EvidenceText.Few(ownerless)} of {group.Key}, and so not at options and workers: needs {Processes}.", group, ownerless);
        }

        MemberFacts[] silent = [.. members.Where(member => member.Socket.ReusePort is null && !member.Record.Owners.IsEmpty)];
        if (silent.Length > 0)
        {
            yield return facts.Finding(HealthFindings.CouldNotLook, $"Could not look at the options of {EvidenceText.Few(silent)} of {group.Key} (pidfd_getfd): needs CAP_SYS_PTRACE.", group, silent);
        }

        MemberFacts[] unwatched = facts is { IsOwned: false, HidesThreads: true } ? [.. members.Where(member => member.Socket.Workers.IsEmpty && member.Holders.Any())] : [];
        if (unwatched.Length > 0)
        {
            yield return facts.Finding(HealthFindings.CouldNotLook, $"Could not look who serves {EvidenceText.Few(unwatched)} of {group.Key}: needs {Processes}.", group, unwatched);
        }

        if (group.Attachment is { State: AttachmentState.Unknown } unknown)
        {
            yield return facts.Finding(
                HealthFindings.CouldNotLook,
                $"Could not look which program {group.Key} has, nor who the members of the kernel's group are: needs CAP_BPF and CAP_PERFMON.{(unknown.Reason is null ? "" : $" ({unknown.Reason.TrimEnd('.')})")}", group);
        }
    }
}
