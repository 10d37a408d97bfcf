using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Programs;

/// <summary>Outcome of reading a program.</summary>
/// <param name="Program">The program, or null when there are errors.</param>
/// <param name="Diagnostics">Errors, and warnings about what was accepted.</param>
public sealed record ProgramReading(ProgramSpec? Program, ImmutableArray<Diagnostic> Diagnostics);
