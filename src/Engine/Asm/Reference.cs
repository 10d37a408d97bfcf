using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Asm;

/// <summary>A name in an instruction that stands for a number known only when the whole text is read.</summary>
/// <param name="Kind">What it is the name of.</param>
/// <param name="Name">The name; of a function that was written with its number, <c>name#82</c>, without it.</param>
/// <param name="Place">Where it stands.</param>
/// <param name="Number">Number behind the name of a function, or null.</param>
internal readonly record struct Reference(ReferenceKind Kind, string Name, SourceLocation Place, int? Number = null);
