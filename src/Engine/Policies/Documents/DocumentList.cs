using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>A list.</summary>
/// <param name="items">Its items.</param>
/// <param name="location">Where it stands, if anywhere.</param>
public sealed class DocumentList(ImmutableArray<DocumentNode> items, SourceLocation? location = null) : DocumentNode(location)
{
    /// <summary>Its items.</summary>
    public ImmutableArray<DocumentNode> Items { get; } = items;

    /// <inheritdoc/>
    public override string Kind => "a list";
}
