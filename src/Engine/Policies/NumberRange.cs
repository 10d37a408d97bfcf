using System.Globalization;

namespace ReuseportPS.Engine.Policies;

/// <summary>A range of numbers, both ends included: CPUs, NUMA nodes, lengths.</summary>
/// <param name="First">Lowest.</param>
/// <param name="Last">Highest.</param>
public readonly record struct NumberRange(int First, int Last)
{
    /// <summary>Whether a number is in the range.</summary>
    public bool Contains(int number) => number >= First && number <= Last;

    /// <summary>Reads <c>3</c> or <c>0-7</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="highest">The highest number there may be.</param>
    /// <param name="range">The range.</param>
    /// <param name="reason">Why not; empty on success.</param>
    internal static bool TryParse(string text, int highest, out NumberRange range, out string reason)
    {
        bool good = NumberText.TryParseRange(text, 0, (uint)highest, out uint first, out uint last, out reason);
        range = new NumberRange((int)first, (int)last);
        return good;
    }

    /// <summary>The range as it is written in a policy.</summary>
    public override string ToString() =>
        First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
