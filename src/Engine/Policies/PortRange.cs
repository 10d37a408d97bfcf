using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>A range of ports, both ends included.</summary>
/// <param name="First">Lowest port.</param>
/// <param name="Last">Highest port.</param>
public readonly record struct PortRange(ushort First, ushort Last)
{
    /// <summary>Whether a port is in the range.</summary>
    public bool Contains(ushort port) => port >= First && port <= Last;

    /// <summary>Whether every port of <paramref name="other"/> is in the range.</summary>
    public bool Contains(PortRange other) => First <= other.First && Last >= other.Last;

    /// <summary>Reads <c>443</c> or <c>0-1023</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="range">The range.</param>
    /// <param name="problem">Why not, without a place; null on success.</param>
    public static bool TryParse(string text, out PortRange range, out Diagnostic? problem)
    {
        range = default;
        if (!NumberText.TryParseRange(text, 0, ushort.MaxValue, out uint first, out uint last, out string reason))
        {
            problem = PolicyDiagnostics.BadPort.At(null, $"'{text}' is not a port or a range of ports: {reason}.");
            return false;
        }

        range = new PortRange((ushort)first, (ushort)last);
        problem = null;
        return true;
    }

    /// <summary>The range as it is written in a policy.</summary>
    public override string ToString() =>
        First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
