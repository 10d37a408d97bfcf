namespace ReuseportPS.Engine.Backends;

/// <summary>One thing that was tried.</summary>
/// <param name="Name">What: <c>bpf(2)</c>, <c>CAP_BPF</c>, <c>bpffs</c>.</param>
/// <param name="Passed">Whether it works.</param>
/// <param name="State">What was found.</param>
/// <param name="Why">What needs it.</param>
/// <param name="Fix">What to do, or null when it works.</param>
public sealed record EnvironmentCheck(string Name, bool Passed, string State, string Why, string? Fix);
