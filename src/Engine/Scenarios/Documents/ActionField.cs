namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>One key of an action.</summary>
/// <param name="Key">The key.</param>
/// <param name="Kind">How its value is written.</param>
/// <param name="Description">What it says, in a sentence.</param>
/// <param name="IsRequired">Whether it has no default.</param>
internal sealed record ActionField(string Key, FieldKind Kind, string Description, bool IsRequired = false);
