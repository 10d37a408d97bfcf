using System.Collections.Immutable;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>One thing that is wrong with a group, or worth knowing of it.</summary>
/// <param name="Code">Its code; docs/diagnostics has a page of each.</param>
/// <param name="Title">A few words.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Evidence">What was seen.</param>
/// <param name="WhyItMatters">What comes of it.</param>
/// <param name="Remedy">What to do.</param>
public sealed record HealthFinding(string Code, string Title, DiagnosticSeverity Severity, string Evidence, string WhyItMatters, string Remedy)
{
    /// <summary>The kernel group that it is about; null when it is about the group, or the host.</summary>
    public KernelGroupKey? KernelGroup { get; init; }

    /// <summary>The slots that it is about.</summary>
    public ImmutableArray<int> Slot { get; init; } = [];

    /// <summary>Cookies of the sockets that it is about.</summary>
    public ImmutableArray<ulong> Cookie { get; init; } = [];

    /// <summary>The same of another severity.</summary>
    internal HealthFinding As(DiagnosticSeverity severity) => this with { Severity = severity };

    /// <summary>The finding on one line.</summary>
    public override string ToString() => $"{Severity} {Code}: {Title}: {Evidence}";
}
