using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Management.Automation;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Binding;

/// <summary>Hashtables, lists and values as the document of a policy: what YAML would come to.</summary>
internal static class PolicyHashtable
{
    /// <summary>As deep as YAML may be.</summary>
    private const int Deepest = 64;

    /// <summary>The document of a value.</summary>
    /// <param name="value">A dictionary, a list, or a single value.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="PSArgumentException">It is too deep, or it holds itself.</exception>
    public static DocumentNode ToDocument(object? value, string what) => ToDocument(value, what, 0);

    private static DocumentNode ToDocument(object? value, string what, int depth)
    {
        if (depth > Deepest)
        {
            throw new PSArgumentException($"{what} is deeper than {Deepest} levels, or holds itself.");
        }

        return (value is PSObject wrapped ? wrapped.BaseObject : value) switch
        {
            null => new DocumentScalar(""),
            IDictionary map => new DocumentMap([.. Entries(map).Select(entry => new DocumentEntry(new DocumentScalar(entry.Key), ToDocument(entry.Value, what, depth + 1)))]),
            string text => new DocumentScalar(text, isQuoted: new DocumentScalar(text).IsNull),
            bool isTrue => new DocumentScalar(isTrue ? "true" : "false"),
            TimeSpan duration => new DocumentScalar(((long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms"),
            IEnumerable items => new DocumentList([.. items.Cast<object?>().Select(item => ToDocument(item, what, depth + 1))]),
            IFormattable number => new DocumentScalar(number.ToString(null, CultureInfo.InvariantCulture)),
            { } other => new DocumentScalar(other.ToString() ?? ""),
        };
    }

    // A plain hashtable has no order: that of the keys makes the same policy of it each time.
    private static ImmutableArray<(string Key, object? Value)> Entries(IDictionary map)
    {
        IEnumerable<(string Key, object? Value)> entries = map.Keys.Cast<object>()
            .Select(key => (Convert.ToString(key, CultureInfo.InvariantCulture) ?? "", map[key]));
        return [.. map is Hashtable ? entries.OrderBy(entry => entry.Key, StringComparer.Ordinal) : entries];
    }
}
