using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// The policies that the group had.
public sealed partial class ManagedGroup
{
    private ImmutableArray<PolicyVersion> _history = [];
    private PolicyVersion? _version;

    /// <summary>The policies that the group had, the oldest first: each that was applied and confirmed once, with the weights that it had at last. The present one is not among them.</summary>
    public ImmutableArray<PolicyVersion> History => _trial?.Former is { Policy: not null } former ? Append(_history, former, Policy) : _history;

    /// <summary>The present policy, or null.</summary>
    public PolicyVersion? Version => VersionOf(Side());

    /// <summary>A policy that the group had.</summary>
    /// <param name="number">Its number; null for the one before the present one.</param>
    /// <exception cref="DiagnosticException">There is none (RPS5370).</exception>
    public SteeringPolicy FindVersion(int? number)
    {
        Refresh();
        ImmutableArray<PolicyVersion> history = History;
        PolicyVersion? found = number is null ? history.LastOrDefault() : history.Concat(Version is { } present ? [present] : []).FirstOrDefault(version => version.Number == number);
        return found is not null ? _text.Read(found.Text) : throw new DiagnosticException(Diagnostic.Error(
            TrialCodes.NoFormerPolicy,
            string.Create(CultureInfo.InvariantCulture, $"Group '{Name}' remembers no {(number is null ? "policy before this one" : $"policy number {number}")}."),
            remedy: history.IsEmpty ? "Apply one with Set-SteeringPolicy."
                : $"It remembers the numbers {string.Join(", ", history.Select(version => version.Number))}: see Get-SteeringPolicy -History."));
    }

    private PolicyVersion? VersionOf(GroupSide side) =>
        side is { Policy: SteeringPolicy policy, Version: PolicyVersion version } ? version with { Text = TextOf(policy) } : null;

    /// <summary>The records once another policy is applied for good, or none: what the group had, as far as it was confirmed, is history.</summary>
    private PolicyRecords RecordsAfter(SteeringPolicy? next)
    {
        PolicyVersion? version = next is null ? null : new PolicyVersion(_history.Select(one => one.Number).Append(_version?.Number ?? 0).Append(_trial?.Former?.Version?.Number ?? 0).Max() + 1, _backend.Now, "");
        return new PolicyRecords(version, Append(_history, Confirmed, next));
    }

    /// <summary>The same while the other policy waits to be confirmed: what the group had is no history yet.</summary>
    private PolicyRecords RecordsWith(PolicyRecords records, Trial? trial) => trial is null ? records : records with { History = _history, Trial = trial };

    /// <summary>With the policy that was in force, and without the one that is: of equal policies one is kept, and the oldest go.</summary>
    private ImmutableArray<PolicyVersion> Append(ImmutableArray<PolicyVersion> history, GroupSide before, SteeringPolicy? now)
    {
        string? present = now is null ? null : _text.Write(now);
        PolicyVersion? last = VersionOf(before);
        List<PolicyVersion> kept = [.. history.Where(version => version.Text != last?.Text).Concat(last is null ? [] : [last]).Where(version => version.Text != present)];
        while (kept.Count > PolicyVersion.MostKept || (kept.Count > 1 && kept.Sum(version => version.Text.Length) > PolicyVersion.MostText))
        {
            kept.RemoveAt(0);
        }

        return [.. kept];
    }
}
