using System.Collections;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>Fills <c>&lt;name&gt;</c>, <c>&lt;_&gt;</c> and <c>&lt;_.Member&gt;</c> in names from -ForEach data; what only a setup will know stays as written.</summary>
internal static partial class NameTemplate
{
    public static string Expand(string name, IReadOnlyList<PesterData> around)
    {
        Dictionary<string, object?> variables = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, object? value) in around.SelectMany(data => data.Variables))
        {
            variables[key] = value;
        }
        return Template().Replace(name, match => Fill(match, variables));
    }

    private static string Fill(Match match, Dictionary<string, object?> variables)
    {
        if (match.Value[0] == '`')
        {
            return match.Value[1..];
        }
        string[] path = match.Groups["path"].Value.TrimStart('$').Split('.');
        if (!variables.TryGetValue(path[0], out object? value))
        {
            return match.Value;
        }
        foreach (string member in path.Skip(1))
        {
            value = value switch
            {
                null => null,
                IDictionary map => map[member],
                _ => PSObject.AsPSObject(value).Properties[member]?.Value,
            };
        }
        return value is string text ? text : ValueText.Of(value);
    }

    [GeneratedRegex("`[<>]|<(?<path>[^<>`]+)>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Template();
}
