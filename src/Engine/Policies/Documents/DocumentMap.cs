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

    /// <summary>The entries, of those with one key the first.</summary>
    /// <param name="report">Told of each other one.</param>
    internal List<DocumentEntry> EachOnce(Action<DocumentEntry> report)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<DocumentEntry> once = [];
        foreach (DocumentEntry entry in Entries)
        {
            if (seen.Add(entry.Key.Text))
            {
                once.Add(entry);
            }
            else
            {
                report(entry);
            }
        }

        return once;
    }
}
