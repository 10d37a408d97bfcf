using Markdig;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;

namespace ReuseportPS.HelpBuilder;

/// <summary>One page of docs/en-US, in the shape of PlatyPS: sections by heading, their text as plain paragraphs.</summary>
internal sealed class HelpPage
{
    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder().UseYamlFrontMatter().Build();

    private HelpPage(string path, IReadOnlyList<HelpSection> sections)
    {
        Path = path;
        Sections = sections;
    }

    public string Path { get; }

    /// <summary>Every heading with what stands under it, in order.</summary>
    public IReadOnlyList<HelpSection> Sections { get; }

    public static HelpPage? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string text = File.ReadAllText(path);
        List<HelpSection> sections = [];
        foreach (Block block in Markdown.Parse(text, s_pipeline))
        {
            string source = text.Substring(block.Span.Start, block.Span.Length);
            switch (block)
            {
                case YamlFrontMatterBlock:
                    break;
                case HeadingBlock heading:
                    sections.Add(new HelpSection(heading.Level, source.TrimStart('#').Trim(), [], []));
                    break;
                case FencedCodeBlock code when sections.Count > 0:
                    sections[^1].Code.Add(code.Lines.ToString());
                    break;
                default:
                    if (sections.Count > 0)
                    {
                        sections[^1].Paragraphs.Add(Plain(source));
                    }

                    break;
            }
        }

        return new HelpPage(path, sections);
    }

    /// <summary>The section of a level-2 heading, or null.</summary>
    public HelpSection? Find(string title) =>
        Sections.FirstOrDefault(section => section.Level == 2 && string.Equals(section.Title, title, StringComparison.Ordinal));

    /// <summary>The level-3 sections under a level-2 heading.</summary>
    public IEnumerable<HelpSection> Under(string title) => Sections
        .SkipWhile(section => section.Level != 2 || !string.Equals(section.Title, title, StringComparison.Ordinal))
        .Skip(1)
        .TakeWhile(section => section.Level > 2);

    private static string Plain(string markdown) => string.Join(' ', markdown.Split('\n', StringSplitOptions.TrimEntries)).Replace("`", "", StringComparison.Ordinal);
}
