using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>What the doctor says of a group, or of sockets that no group has.</summary>
/// <param name="Findings">What was found, the worst first.</param>
/// <param name="NotChecked">What this backend, or this kernel, does not let be checked.</param>
public sealed record GroupHealth(ImmutableArray<HealthFinding> Findings, ImmutableArray<string> NotChecked)
{
    /// <summary>Whether nothing was found that is worse than information; what could not be looked at is.</summary>
    public bool Passed => Severity is null or DiagnosticSeverity.Information;

    /// <summary>The worst severity; null without a finding.</summary>
    public DiagnosticSeverity? Severity => Findings.IsEmpty ? null : Findings.Max(finding => finding.Severity);
}
