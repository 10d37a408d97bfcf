using System.Collections;
using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>One item of -ForEach: what a block or a test sees as <c>$_</c> and, of a dictionary, as variables.</summary>
public sealed class PesterData
{
    private readonly object? _item;

    private PesterData(bool isBound, object? item)
    {
        IsBound = isBound;
        _item = item is PSObject { BaseObject: IDictionary dictionary } ? dictionary : item;
    }

    public static PesterData None { get; } = new(isBound: false, item: null);

    public bool IsBound { get; }

    public static PesterData Of(object? item) => new(isBound: true, item);

    /// <summary>The items of a -ForEach as written; a lone item is a list of one.</summary>
    public static IReadOnlyList<PesterData> Each(object? forEach, string command, string name)
    {
        object? value = forEach is PSObject wrapped ? wrapped.BaseObject is PSCustomObject ? wrapped : wrapped.BaseObject : forEach;
        List<PesterData> items = value is null ? [] :
            LanguagePrimitives.GetEnumerable(value) is { } many ? [.. many.Cast<object?>().Select(Of)] : [Of(value)];
        return items.Count > 0 ? items : throw new PesterUsageException($"-ForEach of {command} '{name}' has no item: nothing would be tested.");
    }

    public IEnumerable<KeyValuePair<string, object?>> Variables =>
        !IsBound ? [] :
        _item is IDictionary dictionary
            ? dictionary.Keys.Cast<object>().Select(key => KeyValuePair.Create(key.ToString()!, dictionary[key])).Append(KeyValuePair.Create("_", (object?)dictionary))
            : [KeyValuePair.Create("_", _item)];

    /// <summary>The variables that the body takes in a param block.</summary>
    public Hashtable ArgumentsFor(ScriptBlock body)
    {
        HashSet<string> wanted = [.. Parameters(body)];
        Hashtable arguments = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, object? value) in Variables)
        {
            if (wanted.Contains(name))
            {
                arguments[name] = value;
            }
        }
        return arguments;
    }

    private static IEnumerable<string> Parameters(ScriptBlock body) =>
        ((System.Management.Automation.Language.ScriptBlockAst)body.Ast).ParamBlock?.Parameters
            .Select(parameter => parameter.Name.VariablePath.UserPath) ?? [];
}
