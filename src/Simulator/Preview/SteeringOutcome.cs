using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>What one run of the program came to.</summary>
/// <param name="Verdict">A slot, the kernel's own choice, or reject.</param>
/// <param name="Slot">The slot; -1 without one.</param>
/// <param name="Instructions">Instructions executed.</param>
internal readonly record struct SteeringOutcome(PolicyVerdict Verdict, int Slot, long Instructions);
