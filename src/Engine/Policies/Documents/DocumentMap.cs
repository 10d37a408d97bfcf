using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>A mapping, in the order of the text; a key may stand in it twice, which whoever gives it a meaning reports.</summary>
/// <param name="entries">Keys and values.</param>
/// <param name="location">Where it stands, if anywhere.</param>
public sealed class DocumentMap(ImmutableArray<DocumentEntry> entries, SourceLocation? location = null) : DocumentNode(location)
{
    /// <summary>Keys and values.</summary>
    public ImmutableArray<DocumentEntry> Entries { get; } = entries;

    /// <inheritdoc/>
    public override string Kind => "a mapping";
}
