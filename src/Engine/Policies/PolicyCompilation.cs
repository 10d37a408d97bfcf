using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>What came of compiling a policy.</summary>
/// <param name="Compiled">The compiled policy; null when there is an error.</param>
/// <param name="Diagnostics">Everything that validation found.</param>
public sealed record PolicyCompilation(CompiledPolicy? Compiled, ImmutableArray<Diagnostic> Diagnostics);
