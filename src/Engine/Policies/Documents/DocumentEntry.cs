namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>A key and its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
public readonly record struct DocumentEntry(DocumentScalar Key, DocumentNode Value);
