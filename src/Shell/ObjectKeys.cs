using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace ReuseportPS.Shell;

/// <summary>The values by which objects are sorted, grouped or compared, and their order.</summary>
internal sealed class ObjectKeys
{
    private readonly PSCmdlet _cmdlet;
    private readonly ObjectOrder _order;
    private readonly bool _descending;
    private readonly List<PropertyArgument> _properties;

    /// <param name="cmdlet">The command, which gets the errors of evaluation.</param>
    /// <param name="properties">The -Property argument; empty compares the objects themselves, or their key properties if their type names some.</param>
    /// <param name="sample">The objects at hand, by which wildcards are resolved.</param>
    /// <param name="order">How values compare.</param>
    /// <param name="descending">The direction of properties that do not say one.</param>
    public ObjectKeys(PSCmdlet cmdlet, List<PropertyArgument> properties, IReadOnlyList<PSObject> sample, ObjectOrder order, bool descending = false)
    {
        _cmdlet = cmdlet;
        _order = order;
        _descending = descending;
        _properties = [.. (properties.Count > 0 ? properties : KeyProperties(sample)).SelectMany(property => Expand(property, sample))];
    }

    /// <summary>The number of properties; 0 if the objects themselves are the key.</summary>
    public int PropertyCount => _properties.Count;

    /// <summary>The names of the properties.</summary>
    public IEnumerable<string> Names => _properties.Select(property => property.Expression.ToString());

    /// <summary>The key of an object.</summary>
    public object?[] Of(PSObject value)
    {
        if (_properties.Count == 0)
        {
            return [value];
        }

        List<object?> key = [];
        foreach (PropertyArgument property in _properties)
        {
            PSPropertyExpressionResult[] results = [.. property.Values(value)];
            key.AddRange(results.Length == 0 ? [ObjectOrder.Absent] : results.Select(result => ValueOf(result, value)));
        }

        return [.. key];
    }

    /// <summary>The order of two keys.</summary>
    public int Compare(object?[] first, object?[] second)
    {
        for (int i = 0; i < Math.Max(first.Length, second.Length); i++)
        {
            bool descending = (i < _properties.Count ? _properties[i].Descending : null) ?? _descending;
            int order = _order.Compare(At(first, i), At(second, i), descending);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private static object? At(object?[] key, int index) => index < key.Length ? key[index] : ObjectOrder.Absent;

    private object? ValueOf(PSPropertyExpressionResult result, PSObject target)
    {
        if (result.Exception is not null)
        {
            _cmdlet.WriteError(new ErrorRecord(result.Exception, "ExpressionEvaluation", ErrorCategory.InvalidResult, target));
        }

        return result.Result;
    }

    private static IEnumerable<PropertyArgument> KeyProperties(IReadOnlyList<PSObject> sample)
    {
        PSMemberSet? standard = sample.Count > 0 ? sample[0].Members["PSStandardMembers"] as PSMemberSet : null;
        PSPropertySet? keys = standard?.Members["DefaultKeyPropertySet"] as PSPropertySet;
        return (keys?.ReferencedPropertyNames ?? []).Select(name => new PropertyArgument(new PSPropertyExpression(name)));
    }

    private static IEnumerable<PropertyArgument> Expand(PropertyArgument property, IReadOnlyList<PSObject> sample) => !property.Expression.HasWildCardCharacters
        ? [property]
        : sample.SelectMany(property.Expression.ResolveNames)
            .DistinctBy(name => name.ToString(), StringComparer.OrdinalIgnoreCase)
            .OrderBy(name => name.ToString(), StringComparer.OrdinalIgnoreCase)
            .Select(name => property with { Expression = name });
}
