using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>A node of a document as data: what YAML, or hashtables, come to before they are given a meaning.</summary>
/// <param name="location">Where it stands, if anywhere.</param>
public abstract class DocumentNode(SourceLocation? location)
{
    /// <summary>Where it stands, if anywhere.</summary>
    public SourceLocation? Location { get; } = location;

    /// <summary>What it is, for messages: <c>a list</c>.</summary>
    public abstract string Kind { get; }
}
