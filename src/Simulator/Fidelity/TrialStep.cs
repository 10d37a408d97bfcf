using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>Members come and go, then flows arrive on one CPU, then listeners stop before they accepted all.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Changes">Members that are closed, or opened again when they are closed.</param>
/// <param name="States">States of slots from now on; null for those before.</param>
/// <param name="Flows">The flows.</param>
/// <param name="Waiting">Connections that nobody accepts yet.</param>
/// <param name="Stopping">Members that stop, or begin again, while these wait.</param>
internal sealed record TrialStep(
    int Cpu, ImmutableArray<(int Group, int Slot)> Changes, SlotStates? States, ImmutableArray<TrialFlow> Flows,
    ImmutableArray<TrialFlow> Waiting, ImmutableArray<(int Group, int Slot)> Stopping);
