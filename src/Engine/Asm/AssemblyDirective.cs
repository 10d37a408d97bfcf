using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Asm;

/// <summary>A line that begins with a dot.</summary>
/// <param name="Name">The word with its dot.</param>
/// <param name="Arguments">What follows it, the last of them the end of the line.</param>
/// <param name="Place">Where it stands.</param>
internal sealed record AssemblyDirective(string Name, ImmutableArray<Token> Arguments, SourceLocation Place);
