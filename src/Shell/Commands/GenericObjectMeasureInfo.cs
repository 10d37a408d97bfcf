namespace Microsoft.PowerShell.Commands;

/// <summary>Measures of values whose extremes are not numbers. What was not asked for is null.</summary>
public sealed class GenericObjectMeasureInfo : MeasureInfo
{
    /// <summary>How many values.</summary>
    public int Count { get; set; }

    /// <summary>Their mean.</summary>
    public double? Average { get; set; }

    /// <summary>Their sum.</summary>
    public double? Sum { get; set; }

    /// <summary>The greatest.</summary>
    public object? Maximum { get; set; }

    /// <summary>The least.</summary>
    public object? Minimum { get; set; }

    /// <summary>The deviation of a sample.</summary>
    public double? StandardDeviation { get; set; }
}
