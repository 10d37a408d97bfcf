namespace ReuseportPS.HelpBuilder;

/// <summary>A heading and what stands under it up to the next heading.</summary>
internal sealed record HelpSection(int Level, string Title, List<string> Paragraphs, List<string> Code);
