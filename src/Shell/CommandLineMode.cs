namespace ReuseportPS.Shell;

/// <summary>What the Shell is asked to run.</summary>
internal enum CommandLineMode
{
    /// <summary>A prompt, or, where standard input is redirected, the script that it holds.</summary>
    Prompt,

    /// <summary>A script file with arguments.</summary>
    File,

    /// <summary>The text of -Command.</summary>
    Command,

    /// <summary>The script on standard input (-Command -).</summary>
    Input,

    /// <summary>A prompt even where standard input is redirected (-File -).</summary>
    InputWithPrompt,

    /// <summary>-Version.</summary>
    Version,

    /// <summary>-Help.</summary>
    Help,
}
