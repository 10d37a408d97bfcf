using System.Globalization;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>How many must be somewhere.</summary>
/// <param name="Name">Where: a socket, <c>refused</c>, <c>lost</c>, or a counter.</param>
/// <param name="Least">At least.</param>
/// <param name="Most">At most.</param>
public sealed record Share(string Name, long Least, long Most)
{
    /// <summary>The share as <c>a 40..60</c>.</summary>
    public override string ToString() => Least == Most
        ? string.Create(CultureInfo.InvariantCulture, $"{Name} {Least}")
        : string.Create(CultureInfo.InvariantCulture, $"{Name} {Least}..{Most}");
}
