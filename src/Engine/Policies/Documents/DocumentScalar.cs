using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>A single value.</summary>
/// <param name="text">Its text.</param>
/// <param name="isQuoted">Whether it was written as a text, in quotes; only a value without quotes is a number, true, or nothing.</param>
/// <param name="location">Where it stands, if anywhere.</param>
public sealed class DocumentScalar(string text, bool isQuoted = false, SourceLocation? location = null) : DocumentNode(location)
{
    /// <summary>Its text.</summary>
    public string Text { get; } = text;

    /// <summary>Whether it was written as a text, in quotes.</summary>
    public bool IsQuoted { get; } = isQuoted;

    /// <summary>Whether it is nothing: empty, <c>~</c> or <c>null</c> without quotes.</summary>
    public bool IsNull => !IsQuoted && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <inheritdoc/>
    public override string Kind => IsNull ? "nothing" : IsQuoted ? "a text in quotes" : $"'{(Text.Length <= 40 ? Text : Text[..40] + "…")}'";
}
