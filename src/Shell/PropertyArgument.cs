using System.Collections;
using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace ReuseportPS.Shell;

/// <summary>One element of a -Property argument: a name (wildcards allowed), a script block, or a hashtable that says more.</summary>
/// <param name="Expression">What is evaluated against each object.</param>
/// <param name="Label">The name given in the hashtable (Name or Label).</param>
/// <param name="Descending">The order given in the hashtable; null leaves it to the command.</param>
internal sealed record PropertyArgument(PSPropertyExpression Expression, string? Label = null, bool? Descending = null)
{
    /// <summary>Reads a -Property argument. A wrong element ends the command with an error.</summary>
    /// <param name="cmdlet">The command, which gets the error.</param>
    /// <param name="elements">The argument; null and empty give an empty list.</param>
    /// <param name="keys">The hashtable keys that the command knows; they may be abbreviated as parameters may.</param>
    public static List<PropertyArgument> Parse(PSCmdlet cmdlet, object[]? elements, params string[] keys) => Parse(cmdlet, elements, wildcards: true, keys);

    /// <summary>Reads a -Property argument in which wildcards are errors and the only key is Expression.</summary>
    public static List<PropertyArgument> ParseNames(PSCmdlet cmdlet, object[]? elements) => Parse(cmdlet, elements, wildcards: false, ["Expression"]);

    private static List<PropertyArgument> Parse(PSCmdlet cmdlet, object[]? elements, bool wildcards, string[] keys)
    {
        List<PropertyArgument> parsed = [];
        foreach (object? element in elements ?? [])
        {
            try
            {
                PropertyArgument argument = Parse(element, keys);
                parsed.Add(wildcards || !argument.Expression.HasWildCardCharacters
                    ? argument
                    : throw new PropertyArgumentException("ExpressionGlobbing2", $"Wildcard characters are not allowed in \"{argument.Expression}\"."));
            }
            catch (PropertyArgumentException problem)
            {
                cmdlet.ThrowTerminatingError(new ErrorRecord(problem, problem.Id, ErrorCategory.InvalidArgument, element));
            }
        }

        return parsed;
    }

    private static PropertyArgument Parse(object? element, string[] keys)
    {
        object? value = element is PSObject wrapped ? wrapped.BaseObject : element;
        return value is IDictionary table ? FromTable(table, keys) : new PropertyArgument(ExpressionOf(value));
    }

    private static PropertyArgument FromTable(IDictionary table, string[] keys)
    {
        PSPropertyExpression? expression = null;
        string? label = null;
        bool? descending = null;
        foreach (DictionaryEntry entry in table)
        {
            string given = entry.Key.ToString() ?? "";
            string key = keys.FirstOrDefault(known => given.Length > 0 && known.StartsWith(given, StringComparison.OrdinalIgnoreCase))
                ?? throw new PropertyArgumentException("DictionaryKeyIllegal", $"The {given} key is not valid.");
            object? value = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
            switch (key)
            {
                case "Expression":
                    expression = ExpressionOf(value);
                    break;
                case "Name" or "Label":
                    label = value?.ToString();
                    break;
                case "Ascending":
                    descending = !LanguagePrimitives.IsTrue(value);
                    break;
                default:
                    descending = LanguagePrimitives.IsTrue(value);
                    break;
            }
        }

        return expression is null
            ? throw new PropertyArgumentException("DictionaryKeyMandatoryEntry", "A mandatory entry for expression is missing.")
            : new PropertyArgument(expression, label, descending);
    }

    private static PSPropertyExpression ExpressionOf(object? value) => value switch
    {
        ScriptBlock block => new PSPropertyExpression(block),
        string { Length: > 0 } name => new PSPropertyExpression(name),
        _ => throw new PropertyArgumentException(
            "DictionaryKeyUnknownType", $"Cannot convert {value?.GetType().FullName ?? "null"} to one of the following types {{System.String, System.Management.Automation.ScriptBlock}}."),
    };

    /// <summary>The values for one object: one per matching property; a property that is absent gives none.</summary>
    public IEnumerable<PSPropertyExpressionResult> Values(PSObject target) =>
        Expression.ResolveNames(target).SelectMany(name => name.GetValues(target, expand: false, eatExceptions: true) ?? []);

    private sealed class PropertyArgumentException(string id, string message) : Exception(message)
    {
        public string Id { get; } = id;
    }
}
