namespace ReuseportPS.Engine.Btf;

/// <summary>One step of a <see cref="CoreAccess"/>.</summary>
/// <param name="TypeId">For a member the struct it is of, for an index the element type.</param>
/// <param name="Index">Number of the member, value or element.</param>
/// <param name="IsNamed">A member or an enum's value, and not an element.</param>
internal readonly record struct CoreAccessStep(int TypeId, int Index, bool IsNamed);
