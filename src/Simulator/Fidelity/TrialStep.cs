using System.Collections.Immutable;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>Members come and go, then flows arrive on one CPU.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Changes">Members that are closed, or opened again when they are closed.</param>
/// <param name="Flows">The flows.</param>
internal sealed record TrialStep(int Cpu, ImmutableArray<(int Group, int Slot)> Changes, ImmutableArray<FlowOpening> Flows);
