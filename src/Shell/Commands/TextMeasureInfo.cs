namespace Microsoft.PowerShell.Commands;

/// <summary>Measures of text. What was not asked for is null.</summary>
public sealed class TextMeasureInfo : MeasureInfo
{
    /// <summary>How many lines.</summary>
    public int? Lines { get; set; }

    /// <summary>How many words.</summary>
    public int? Words { get; set; }

    /// <summary>How many characters.</summary>
    public int? Characters { get; set; }
}
