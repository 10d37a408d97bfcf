using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>Values as a failure message shows them, near to how PowerShell writes them.</summary>
internal static class ValueText
{
    private const int ShownItems = 10;

    public static string Of(object? value) => (value is PSObject wrapped && wrapped.BaseObject is not PSCustomObject ? wrapped.BaseObject : value) switch
    {
        null => "$null",
        string text => text.Length == 0 ? "<empty>" : $"'{text}'",
        bool flag => flag ? "$true" : "$false",
        Type type => $"[{type}]",
        DateTime time => time.ToString("o", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("o", CultureInfo.InvariantCulture),
        ScriptBlock block => $"{{{block}}}",
        IDictionary map => $"@{{{Join(map.Keys.Cast<object>().Select(key => $"{key} = {Of(map[key])}"), "; ", map.Count)}}}",
        ICollection many => $"@({Join(many.Cast<object?>().Select(Of), ", ", many.Count)})",
        object other => LanguagePrimitives.ConvertTo<string>(other),
    };

    private static string Join(IEnumerable<string> items, string separator, int count) =>
        string.Join(separator, items.Take(ShownItems)) + (count > ShownItems ? $"{separator}and {count - ShownItems} more" : "");
}
