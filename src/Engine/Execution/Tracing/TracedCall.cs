using System.Collections.Immutable;

namespace ReuseportPS.Engine.Execution.Tracing;

/// <summary>A call of a helper or a kernel function.</summary>
/// <param name="Name">Its name: <c>bpf_map_lookup_elem</c>.</param>
/// <param name="Helper">Number of the helper; null for a kernel function.</param>
/// <param name="Arguments">The arguments that it takes, from r1 on.</param>
/// <param name="Result">What it returned; null when it returns nothing, or the run ended in it.</param>
/// <param name="Map">Name of the map that it was given, or null.</param>
/// <param name="Key">The key that it was given, or empty.</param>
public sealed record TracedCall(string Name, int? Helper, ImmutableArray<ulong> Arguments, ulong? Result, string? Map, ImmutableArray<byte> Key);
