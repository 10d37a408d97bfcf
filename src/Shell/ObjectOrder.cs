using System.Globalization;
using System.Management.Automation;

namespace ReuseportPS.Shell;

/// <summary>The order of values that Sort-Object, Group-Object, Select-Object -Unique and Compare-Object use.</summary>
/// <param name="caseSensitive">Whether the case of text matters.</param>
/// <param name="culture">The culture of text; null for the current one.</param>
internal sealed class ObjectOrder(bool caseSensitive, CultureInfo? culture = null)
{
    /// <summary>Stands for a property that an object does not have; it comes after every value, whatever the direction.</summary>
    public static readonly object Absent = new();

    private readonly CultureInfo _culture = culture ?? CultureInfo.CurrentCulture;

    /// <summary>Compares as PowerShell's operators do where they can, else the texts of both.</summary>
    public int Compare(object? x, object? y, bool descending = false)
    {
        if (ReferenceEquals(x, Absent) || ReferenceEquals(y, Absent))
        {
            return ReferenceEquals(x, Absent).CompareTo(ReferenceEquals(y, Absent));
        }

        object? first = x is PSObject wrappedFirst ? wrappedFirst.BaseObject : x;
        object? second = y is PSObject wrappedSecond ? wrappedSecond.BaseObject : y;
        if (!LanguagePrimitives.TryCompare(first, second, !caseSensitive, _culture, out int order))
        {
            order = _culture.CompareInfo.Compare(Text(first), Text(second), caseSensitive ? CompareOptions.None : CompareOptions.IgnoreCase);
        }

        return descending ? -order : order;
    }

    private string Text(object? value) => value is null ? "" : PSObject.AsPSObject(value).ToString(null, _culture);
}
