using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Model;

/// <summary>What Test-ReuseportGroup says of a group, or of sockets that no group has.</summary>
/// <param name="Group">Name of the group; null for sockets that no group has.</param>
/// <param name="Backend">Where it lives.</param>
/// <param name="EndPoint">Its end points as text; the port that was asked for.</param>
/// <param name="Passed">Whether nothing was found that is worse than information.</param>
/// <param name="Severity">The worst severity; null without a finding.</param>
/// <param name="Findings">What was found, the worst first.</param>
/// <param name="NotChecked">What this backend, or this kernel, does not let be checked.</param>
public sealed record ReuseportGroupTest(
    string? Group, BackendKind Backend, string EndPoint, bool Passed, DiagnosticSeverity? Severity, ImmutableArray<HealthFinding> Findings, ImmutableArray<string> NotChecked)
{
    internal ReuseportGroupTest(string? group, BackendKind backend, string endPoint, GroupHealth health)
        : this(group, backend, endPoint, health.Passed, health.Severity, health.Findings, health.NotChecked)
    {
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Group ?? EndPoint}: {(Passed ? "passed" : "not passed")}";
}
