using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet("Sort", "Object", DefaultParameterSetName = "Default")]
public sealed class SortObjectCommand : ObjectBase
{
    /// <summary>Accepted as in pwsh; this sort is always stable.</summary>
    [Parameter(ParameterSetName = "Default")]
    public SwitchParameter Stable { get; set; }

    [Parameter]
    public SwitchParameter Descending { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter(ParameterSetName = "Top", Mandatory = true)]
    [ValidateRange(1, int.MaxValue)]
    public int Top { get; set; }

    [Parameter(ParameterSetName = "Bottom", Mandatory = true)]
    [ValidateRange(1, int.MaxValue)]
    public int Bottom { get; set; }

    protected override void EndProcessing()
    {
        ObjectKeys keys = new(this, PropertyArgument.Parse(this, Property, "Expression", "Ascending", "Descending"), Input, Order, Descending);
        Comparer<object?[]> byKey = Comparer<object?[]>.Create(keys.Compare);
        List<(PSObject Value, object?[] Key)> sorted = [.. Input.Select(value => (Value: value, Key: keys.Of(value))).OrderBy(entry => entry.Key, byKey)];
        if (Unique)
        {
            sorted = [.. sorted.Where((entry, i) => i == 0 || keys.Compare(sorted[i - 1].Key, entry.Key) != 0)];
        }

        IEnumerable<(PSObject Value, object?[] Key)> wanted = Top > 0 ? sorted.Take(Top) : Bottom > 0 ? sorted.TakeLast(Bottom) : sorted;
        foreach ((PSObject value, _) in wanted)
        {
            WriteObject(value);
        }
    }
}
