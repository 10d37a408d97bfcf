namespace ReuseportPS.Shell.Hosting;

/// <summary>Lines from standard input, as far as the terminal or a pipe gives them.</summary>
/// <param name="showsPrompt">Whether a prompt is written before each line.</param>
/// <param name="isInteractive">Whether a person answers.</param>
internal sealed class StreamLines(bool showsPrompt, bool isInteractive) : ILineSource
{
    public bool IsInteractive => isInteractive;

    public string? ReadLine(Func<string> prompt, out bool cancelled)
    {
        cancelled = false;
        if (showsPrompt)
        {
            Console.Out.Write(prompt());
        }

        string? line = Console.In.ReadLine();
        if (line is null && showsPrompt)
        {
            Console.Out.WriteLine();
        }

        return line;
    }
}
