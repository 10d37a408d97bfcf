using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>A policy and the group that it decides for: one side of a comparison.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Policy">The compiled policy.</param>
/// <param name="Group">The group, of the number of slots that the policy was compiled for.</param>
public sealed record ComparedSide(string Name, CompiledPolicy Policy, PreviewGroup Group);
