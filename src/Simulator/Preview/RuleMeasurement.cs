using System.Collections.Immutable;

namespace ReuseportPS.Simulator.Preview;

/// <summary>What a rule, or what comes after the last one, means for the flows that it took.</summary>
/// <param name="Name">Name of the rule, or <c>Otherwise</c>.</param>
/// <param name="Flows">Flows whose first decision was its.</param>
/// <param name="Shares">By slot the part of them that it means for the slot; empty when it means none for any, or that is not known.</param>
/// <param name="IsKnown">Whether that is known: not where a choice hangs on more than weights.</param>
public sealed record RuleMeasurement(string Name, long Flows, ImmutableArray<double> Shares, bool IsKnown);
