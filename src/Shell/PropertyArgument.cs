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
    /// <summary>Reads a -Property argument. A wrong element ends the command with an error that names it.</summary>
    /// <param name="cmdlet">The command, which gets the error.</param>
    /// <param name="elements">The argument; null and empty give an empty list.</param>
    /// <param name="keys">The hashtable keys that the command knows; they may be abbreviated as parameters may.</param>
    public static List<PropertyArgument> Parse(PSCmdlet cmdlet, object[]? elements, params string[] keys)
    {
        List<PropertyArgument> parsed = [];
        foreach (object? element in elements ?? [])
        {
            try
            {
                parsed.Add(Parse(element, keys));
            }
            catch (ArgumentException problem)
            {
                cmdlet.ThrowTerminatingError(new ErrorRecord(problem, "InvalidPropertyArgument", ErrorCategory.InvalidArgument, element));
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
                ?? throw new ArgumentException($"The {given} key is not valid. Valid keys: {string.Join(", ", keys)}.");
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
            ? throw new ArgumentException("The hashtable has no Expression key.")
            : new PropertyArgument(expression, label, descending);
    }

    private static PSPropertyExpression ExpressionOf(object? value) => value switch
    {
        ScriptBlock block => new PSPropertyExpression(block),
        null => throw new ArgumentException("A property name or script block must not be null."),
        _ when value.ToString() is { Length: > 0 } name => new PSPropertyExpression(name),
        _ => throw new ArgumentException("A property name must not be empty."),
    };

    /// <summary>The values for one object: one per matching property; a property that is absent gives none.</summary>
    public IEnumerable<PSPropertyExpressionResult> Values(PSObject target) =>
        Expression.ResolveNames(target).SelectMany(name => name.GetValues(target, expand: false, eatExceptions: true) ?? []);
}
