using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>Durations as policies write them: a number and ms, s, m, h or d.</summary>
internal static class DurationText
{
    private static readonly (string Unit, long Milliseconds)[] s_units = [("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];

    public static bool TryParse(string text, out TimeSpan duration, out Diagnostic? problem)
    {
        duration = default;
        problem = null;
        foreach ((string unit, long milliseconds) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                if (NumberText.TryParse(text[..^unit.Length], 1, int.MaxValue, out uint number, out _))
                {
                    duration = TimeSpan.FromMilliseconds(number * milliseconds);
                    return true;
                }

                break;
            }
        }

        problem = PolicyDiagnostics.BadDuration.At(null, $"'{text}' is not a duration.");
        return false;
    }

    /// <summary>A duration in the largest unit that it is a whole number of.</summary>
    public static string Write(TimeSpan duration)
    {
        long milliseconds = (long)duration.TotalMilliseconds;
        (string unit, long size) = s_units.Where(u => milliseconds % u.Milliseconds == 0).MaxBy(u => u.Milliseconds);
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / size}{unit}");
    }
}
