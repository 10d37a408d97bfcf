using System.Collections;
using System.Management.Automation;
using ReuseportPS.Module.Tests.PesterStandIn.Commands;

namespace ReuseportPS.Module.Tests.PesterStandIn.Operators;

/// <summary>Collections as assertions compare them.</summary>
internal static class Collections
{
    private const int DeepestNesting = 100;
    private static readonly ScriptBlock s_equal = ScriptBlock.Create("param($actual, $expected) $expected -eq $actual");
    private static readonly ScriptBlock s_equalExactly = ScriptBlock.Create("param($actual, $expected) $expected -ceq $actual");

    /// <summary>What <c>@(value)</c> holds: a string or a hashtable is one item, null too.</summary>
    public static object?[] Items(object? value) =>
        LanguagePrimitives.GetEnumerable(value) is { } many ? [.. many.Cast<object?>()] : [value];

    /// <summary>Item by item and arrays in arrays likewise; nothing, null and a collection of one null are the same.</summary>
    public static bool AreEqual(ShouldCommand should, object? actual, object? expected, bool exactly, int depth = 0)
    {
        if (depth > DeepestNesting)
        {
            throw new ArgumentException($"The arrays are nested deeper than {DeepestNesting}: does one hold itself?");
        }
        object?[] first = Items(actual);
        object?[] second = Items(expected);
        if (IsNothing(first) || IsNothing(second))
        {
            return IsNothing(first) && IsNothing(second);
        }
        return first.Length == second.Length && first.Zip(second).All(pair =>
            IsArray(pair.First) || IsArray(pair.Second)
                ? AreEqual(should, pair.First, pair.Second, exactly, depth + 1)
                : should.Holds(exactly ? s_equalExactly : s_equal, pair.First, pair.Second));
    }

    /// <summary>No item, or one that is null, an empty string or an empty hashtable.</summary>
    public static bool IsNullOrEmpty(object?[] items) =>
        items.Length == 0 || (items.Length == 1 && (Bare(items[0]) is Hashtable table
            ? table.Count == 0
            : string.IsNullOrEmpty(LanguagePrimitives.ConvertTo<string>(items[0]))));

    public static object? Bare(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static bool IsNothing(object?[] items) => items.Length == 0 || (items.Length == 1 && items[0] is null);

    private static bool IsArray(object? value) => Bare(value) is Array;
}
