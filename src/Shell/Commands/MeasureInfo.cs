namespace Microsoft.PowerShell.Commands;

/// <summary>What Measure-Object found for one property.</summary>
public abstract class MeasureInfo
{
    /// <summary>The property; null when the objects themselves were measured.</summary>
    public string? Property { get; set; }
}
