using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Classic;

/// <summary>Outcome of reading a classic program.</summary>
/// <param name="Program">The program, or null when there are findings.</param>
/// <param name="Diagnostics">What the kernel would refuse, and what could not be read: RPS1101 to RPS1111.</param>
public sealed record ClassicReading(ClassicProgram? Program, ImmutableArray<Diagnostic> Diagnostics);
