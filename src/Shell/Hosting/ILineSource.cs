namespace ReuseportPS.Shell.Hosting;

/// <summary>Where the lines of a session come from.</summary>
internal interface ILineSource
{
    /// <summary>True if a person answers: an interrupted command then leads back to the prompt instead of ending the session.</summary>
    bool IsInteractive { get; }

    /// <summary>The next line; null at the end of the input, empty if it was cancelled.</summary>
    /// <param name="prompt">Makes the prompt; not called where none is shown.</param>
    /// <param name="cancelled">True if the user gave the line up, and with it what was typed before it.</param>
    string? ReadLine(Func<string> prompt, out bool cancelled);
}
