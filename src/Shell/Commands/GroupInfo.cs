using System.Collections;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

/// <summary>Objects with the same key, as Group-Object writes them.</summary>
public class GroupInfo
{
    private readonly object?[] _key;

    internal GroupInfo(object?[] key)
    {
        _key = [.. key.Select(value => ReferenceEquals(value, ObjectOrder.Absent) ? null : value)];
        Name = string.Join(", ", _key.Where(value => value is not null).Select(NameOf));
    }

    /// <summary>The values of the key.</summary>
    public ArrayList Values => [.. _key];

    /// <summary>How many objects have the key.</summary>
    public int Count { get; private set; }

    /// <summary>The objects; empty with -NoElement.</summary>
    public Collection<PSObject> Group { get; } = [];

    /// <summary>The text of the key.</summary>
    public string Name { get; }

    internal virtual void Add(PSObject value)
    {
        Group.Add(value);
        Count++;
    }

    private protected void AddUnseen() => Count++;

    private static string NameOf(object? value) => value is ICollection values
        ? $"{{{string.Join(", ", values.Cast<object>())}}}"
        : string.Create(CultureInfo.CurrentCulture, $"{value}");
}
