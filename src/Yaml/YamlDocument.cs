using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ReuseportPS.Yaml;

/// <summary>
/// Reads YAML into a document, and writes it. Only what a document can hold is read: no anchors, aliases, merge keys, tags or
/// further documents. Reading is a loop over the parser's events with limits, since recursion over a hostile nesting would end the process.
/// </summary>
public static class YamlDocument
{
    /// <summary>Deepest nesting.</summary>
    public const int DeepestNesting = 64;

    /// <summary>Longest text, in characters.</summary>
    public const int LongestText = 16 * 1024 * 1024;

    /// <summary>Longest value, in characters.</summary>
    public const int LongestValue = 4096;

    /// <summary>Most values, lists and mappings together.</summary>
    public const int MostNodes = 1_200_000;

    /// <summary>Reads a text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="source">What to call it in messages, for example a file name.</param>
    /// <param name="problem">Why it cannot be read: RPS4001 to RPS4003; null on success.</param>
    /// <returns>The document; null when it cannot be read.</returns>
    public static DocumentNode? Read(string text, string? source, out Diagnostic? problem) => Read(text, source, YamlFindings.OfPolicies, out problem);

    /// <summary>Reads a text of another language than that of policies.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="source">What to call it in messages, for example a file name.</param>
    /// <param name="findings">The language's own findings.</param>
    /// <param name="problem">Why it cannot be read; null on success.</param>
    /// <returns>The document; null when it cannot be read.</returns>
    public static DocumentNode? Read(string text, string? source, YamlFindings findings, out Diagnostic? problem)
    {
        Loop loop = new(source, findings);
        try
        {
            if (text.Length > LongestText)
            {
                throw Refuse(findings.TooLarge, new SourceLocation(source), $"The text has {Show(text.Length)} characters; {Show(LongestText)} are the most.");
            }

            problem = null;
            return loop.Run(new Parser(new StringReader(text.StartsWith('\uFEFF') ? text[1..] : text)));
        }
        catch (YamlException e)
        {
            // The parser places a tab where the mapping around it began.
            SourceLocation place = TabInIndentation(text) is int line && e.Message.Contains(" tab ", StringComparison.Ordinal)
                ? new SourceLocation(source, line, 1)
                : Place(source, e.Start);
            problem = findings.NotYaml.At(place, $"The text is not well-formed YAML: {e.Message.TrimEnd('.')}.");
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException)
        {
            // Some malformed texts bring the parser into a state that it does not expect.
            problem = findings.NotYaml.At(loop.Place, "The text is not well-formed YAML: the parser cannot go on here.");
            return null;
        }
        catch (DiagnosticException e)
        {
            problem = e.Diagnostics[0];
            return null;
        }
    }

    /// <summary>Writes a document; lines end with LF.</summary>
    public static string Write(DocumentNode root)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Emitter emitter = new(text, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, root, depth: 0);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    // As deep as the document, which its maker has bounded.
    private static void Emit(Emitter emitter, DocumentNode node, int depth)
    {
        switch (node)
        {
            case DocumentScalar scalar:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, scalar.Text, scalar.IsQuoted ? ScalarStyle.SingleQuoted : ScalarStyle.Any, isPlainImplicit: true, isQuotedImplicit: true));
                break;
            case DocumentList list:
                bool shortList = list.Items.Length <= 8 && list.Items.All(i => i is DocumentScalar);
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, shortList ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (DocumentNode item in list.Items)
                {
                    Emit(emitter, item, depth + 1);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case DocumentMap map:
                bool shortMap = depth > 1 && map.Entries.Length <= 4 && map.Entries.All(e => e.Value is DocumentScalar);
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, shortMap ? MappingStyle.Flow : MappingStyle.Block));
                foreach ((DocumentScalar key, DocumentNode value) in map.Entries)
                {
                    Emit(emitter, key, depth + 1);
                    Emit(emitter, value, depth + 1);
                }

                emitter.Emit(new MappingEnd());
                break;
        }
    }

    private static SourceLocation Place(string? source, Mark mark) => new(source, (int)mark.Line, (int)mark.Column);

    private static int? TabInIndentation(string text)
    {
        int line = 1;
        foreach (ReadOnlySpan<char> content in text.AsSpan().EnumerateLines())
        {
            if (content.TrimStart(' ').StartsWith('\t'))
            {
                return line;
            }

            line++;
        }

        return null;
    }

    private static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static DiagnosticException Refuse(DiagnosticDefinition definition, SourceLocation place, string message, string? remedy = null) =>
        new(definition.At(place, message, remedy));

    /// <summary>A list or mapping that is not closed yet.</summary>
    private sealed class Open(SourceLocation place, bool isMap)
    {
        public SourceLocation Place { get; } = place;

        public bool IsMap { get; } = isMap;

        public List<DocumentNode> Items { get; } = [];

        public List<DocumentEntry> Entries { get; } = [];

        public DocumentScalar? Key { get; set; }

        public DocumentNode Close() => IsMap ? new DocumentMap([.. Entries], Place) : new DocumentList([.. Items], Place);
    }

    private sealed class Loop(string? source, YamlFindings findings)
    {
        private readonly Stack<Open> _open = [];
        private DocumentNode? _root;
        private int _nodes;
        private int _documents;

        /// <summary>Where the last event ended.</summary>
        public SourceLocation Place { get; private set; } = new(source, 1, 1);

        public DocumentNode Run(Parser parser)
        {
            while (parser.MoveNext())
            {
                Place = YamlDocument.Place(source, parser.Current!.End);
                Take(parser.Current);
            }

            return _root ?? throw Refuse(findings.NotYaml, new SourceLocation(source, 1, 1), "The text is empty.", findings.Empty);
        }

        private void Take(ParsingEvent e)
        {
            SourceLocation place = YamlDocument.Place(source, e.Start);
            switch (e)
            {
                case DocumentStart:
                    if (++_documents > 1)
                    {
                        throw Refuse(findings.YamlFeature, place, "A second document begins here.", "Remove the '---' and what follows it.");
                    }

                    break;
                case AnchorAlias alias:
                    throw Refuse(findings.YamlFeature, place, $"'*{alias.Value}' is an alias.");
                case NodeEvent node:
                    TakeNode(node, place);
                    break;
                case SequenceEnd or MappingEnd:
                    Put(_open.Pop().Close());
                    break;
            }
        }

        private void TakeNode(NodeEvent node, SourceLocation place)
        {
            if (!node.Anchor.IsEmpty)
            {
                throw Refuse(findings.YamlFeature, place, $"'&{node.Anchor.Value}' is an anchor.", "Remove it, and write the value out where it is used.");
            }

            if (!node.Tag.IsEmpty)
            {
                throw Refuse(findings.YamlFeature, place, $"'{(node.Tag.IsNonSpecific ? "!" : node.Tag.Value)}' is a tag.", "Remove it.");
            }

            if (++_nodes > MostNodes)
            {
                throw Refuse(findings.TooLarge, place, $"The text has more than {Show(MostNodes)} values.");
            }

            if (node is Scalar scalar)
            {
                TakeScalar(scalar, place);
                return;
            }

            if (_open.TryPeek(out Open? top) && top is { IsMap: true, Key: null })
            {
                throw Refuse(findings.WrongType, place, "A list or mapping stands where a key is expected.", "Write the key as one word.");
            }

            if (_open.Count == DeepestNesting)
            {
                throw Refuse(findings.TooLarge, place, $"The text is nested more than {Show(DeepestNesting)} deep.");
            }

            _open.Push(new Open(place, node is MappingStart));
        }

        private void TakeScalar(Scalar scalar, SourceLocation place)
        {
            if (scalar.Value.Length > LongestValue)
            {
                throw Refuse(findings.TooLarge, place, $"A value has {Show(scalar.Value.Length)} characters; {Show(LongestValue)} are the most.");
            }

            bool isKey = _open.TryPeek(out Open? top) && top is { IsMap: true, Key: null };
            if (isKey && scalar is { Value: "<<", Style: ScalarStyle.Plain })
            {
                throw Refuse(findings.YamlFeature, place, "'<<' is a merge key.", "Write the keys out.");
            }

            Put(new DocumentScalar(scalar.Value, scalar.Style != ScalarStyle.Plain, place));
        }

        private void Put(DocumentNode node)
        {
            if (!_open.TryPeek(out Open? top))
            {
                _root = node;
            }
            else if (!top.IsMap)
            {
                top.Items.Add(node);
            }
            else if (top.Key is null)
            {
                top.Key = (DocumentScalar)node;
            }
            else
            {
                top.Entries.Add(new DocumentEntry(top.Key, node));
                top.Key = null;
            }
        }
    }
}
