using System.Globalization;

namespace ReuseportPS.Formatting;

/// <summary>Shares as the format views show them.</summary>
public static class Bar
{
    private const int Width = 24;
    private const string Eighths = " ▏▎▍▌▋▊▉";

    /// <summary>A bar of up to 24 cells, to an eighth of a cell; empty for null.</summary>
    public static string Of(double? share)
    {
        if (share is not double part || double.IsNaN(part))
        {
            return "";
        }

        int eighths = (int)Math.Round(Math.Clamp(part, 0, 1) * Width * 8);
        string full = new('█', eighths / 8);
        return eighths % 8 == 0 ? full : full + Eighths[eighths % 8];
    }

    /// <summary>A share as <c>25.0 %</c>; a dash for null.</summary>
    public static string Percent(double? share) =>
        share is double part && !double.IsNaN(part) ? (100 * part).ToString("F1", CultureInfo.InvariantCulture) + " %" : "-";
}
