using ReuseportPS.Model;

namespace ReuseportPS.Formatting;

/// <summary>The preview of a change as its format view shows it.</summary>
public static class ChangePreviewText
{
    /// <summary>What each slot would get, then what would move.</summary>
    public static string Of(SteeringChangePreview preview) => $"{MeasurementText.Of(preview.After)}\n\n{ComparisonText.Of(preview.Change)}";
}
