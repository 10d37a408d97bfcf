namespace Microsoft.PowerShell.Commands;

/// <summary>Measures of numbers. What was not asked for is null.</summary>
public sealed class GenericMeasureInfo : MeasureInfo
{
    /// <summary>How many values.</summary>
    public int Count { get; set; }

    /// <summary>Their mean.</summary>
    public double? Average { get; set; }

    /// <summary>Their sum.</summary>
    public double? Sum { get; set; }

    /// <summary>The greatest.</summary>
    public double? Maximum { get; set; }

    /// <summary>The least.</summary>
    public double? Minimum { get; set; }

    /// <summary>The deviation of a sample.</summary>
    public double? StandardDeviation { get; set; }
}
