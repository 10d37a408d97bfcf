using System.Globalization;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Words for what was seen.</summary>
internal static class EvidenceText
{
    private const int Most = 4;

    /// <summary>A few of many: <c>cookie 1 (slot 0), cookie 2 (slot 1) and 5 more</c>.</summary>
    public static string Few<T>(IEnumerable<T> items)
    {
        T[] all = [.. items];
        string few = string.Join(", ", all.Take(all.Length == Most + 1 ? Most + 1 : Most));
        return all.Length <= Most + 1 ? few : string.Create(CultureInfo.InvariantCulture, $"{few} and {all.Length - Most} more");
    }

    /// <summary><c>1 socket</c>, <c>2 sockets</c>.</summary>
    public static string Count(int count, string one, string? many = null) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many ?? one + "s")}");
}
