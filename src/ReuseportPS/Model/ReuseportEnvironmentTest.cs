using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Model;

/// <summary>One thing that Test-ReuseportEnvironment tried.</summary>
/// <param name="Backend">Where it was tried.</param>
/// <param name="Name">What.</param>
/// <param name="Passed">Whether it works.</param>
/// <param name="State">What was found.</param>
/// <param name="Why">What needs it.</param>
/// <param name="Fix">What to do, or null when it works.</param>
/// <param name="Required">Whether steering own sockets is impossible without it; the others only add something.</param>
public sealed record ReuseportEnvironmentTest(BackendKind Backend, string Name, bool Passed, string State, string Why, string? Fix, bool Required);
