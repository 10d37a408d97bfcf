using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>Outcome of <see cref="MapFactory.Create"/>.</summary>
/// <param name="Map">The map, or null.</param>
/// <param name="Errno">The kernel's error number for the same BPF_MAP_CREATE (or write of the contents); None when there is a map.</param>
/// <param name="Diagnostic">What is wrong, or null.</param>
public sealed record MapCreation(BpfMap? Map, Errno Errno, Diagnostic? Diagnostic);
