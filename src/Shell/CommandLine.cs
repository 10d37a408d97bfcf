using System.Collections.Immutable;
using System.Management.Automation.Runspaces;

namespace ReuseportPS.Shell;

/// <summary>The parsed command line; the options are those of pwsh, as far as they make sense here.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Usage: ReuseportPS.Shell [[-File] FILE.ps1 [arguments]]
                                 [-Command { - | "text" [arguments] }]
                                 [-NoProfile] [-NoLogo] [-NonInteractive] [-Version] [-Help]

        With neither a file nor a command: a prompt, or the script on standard input when that is redirected.
        The module ReuseportPS is imported from out/ReuseportPS of the clone; build it first with: dotnet build

          -File, -f            Runs a script. Everything after its path is for the script: -Name value binds to its
                               parameters. With - instead of a path: a prompt that reads standard input.
          -Command, -c         Runs the rest of the command line as a script. With -: the script on standard input.
          -NonInteractive      Questions are errors instead of waiting for an answer.
          -NoLogo              No greeting before the prompt.
          -NoProfile           Accepted as pwsh does; the Shell never runs a profile.
          -Version, -v         Shows the versions.
          -Help, -h, -?        Shows this text.

        Exit code: that of `exit N`; 0 for success, 1 for an error that ended the script or a failed last command,
        64 for a wrong command line or a missing file, 70 if the module cannot be imported, 130 after Ctrl+C.
        """;

    private static readonly string[] s_pwshOptions =
    [
        "ConfigurationFile", "ConfigurationName", "CustomPipeName", "EncodedCommand", "ExecutionPolicy", "InputFormat", "Interactive",
        "Login", "MTA", "NoExit", "NoProfileLoadTime", "OutputFormat", "SettingsFile", "SSHServerMode", "STA", "WindowStyle", "WorkingDirectory",
    ];

    public CommandLineMode Mode { get; init; } = CommandLineMode.Prompt;

    /// <summary>The script file, as a full path, or the text of the command.</summary>
    public string Text { get; init; } = "";

    /// <summary>The script file's arguments, named ones as the script's parameters.</summary>
    public ImmutableArray<CommandParameter> Arguments { get; init; } = [];

    public bool NoLogo { get; init; }

    public bool NonInteractive { get; init; }

    /// <summary>What is wrong with the command line; null if nothing is.</summary>
    public string? Error { get; init; }

    /// <summary>Parses the arguments of the process.</summary>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        CommandLine line = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (!argument.StartsWith('-'))
            {
                return line.WithFile(arguments, i);
            }

            string option = argument.TrimStart('-');
            if (argument == "-" || Is(option, "Command", "c"))
            {
                return argument == "-" ? line with { Mode = CommandLineMode.Input } : line.WithCommand(arguments, i + 1);
            }

            if (Is(option, "File", "f"))
            {
                return line.WithFile(arguments, i + 1);
            }

            if (Is(option, "Version", "v"))
            {
                return line with { Mode = CommandLineMode.Version };
            }

            if (Is(option, "Help", "h") || option == "?")
            {
                return line with { Mode = CommandLineMode.Help };
            }

            if (Is(option, "NoLogo", "nol"))
            {
                line = line with { NoLogo = true };
            }
            else if (Is(option, "NonInteractive", "noni"))
            {
                line = line with { NonInteractive = true };
            }
            else if (!Is(option, "NoProfile", "nop"))
            {
                return line with { Error = Unknown(argument, option) };
            }
        }

        return line;
    }

    /// <summary>True if an option is a prefix of a name, not shorter than the name's shortest form.</summary>
    private static bool Is(string option, string name, string shortest) =>
        option.Length >= shortest.Length && name.StartsWith(option, StringComparison.OrdinalIgnoreCase);

    private static string Unknown(string argument, string option)
    {
        bool isPwshOption = option.Length > 0 && s_pwshOptions.Any(known => known.StartsWith(option, StringComparison.OrdinalIgnoreCase));
        return isPwshOption ? $"The option '{argument}' of pwsh is not offered by the Shell." : $"Unknown option '{argument}'.";
    }

    private CommandLine WithCommand(IReadOnlyList<string> arguments, int at)
    {
        if (at >= arguments.Count)
        {
            return this with { Error = "-Command needs the text of a command, or - for standard input." };
        }

        if (arguments[at] == "-")
        {
            return arguments.Count == at + 1
                ? this with { Mode = CommandLineMode.Input }
                : this with { Error = "'-' was given with -Command; nothing else can follow it." };
        }

        return this with { Mode = CommandLineMode.Command, Text = string.Join(' ', arguments.Skip(at)) };
    }

    private CommandLine WithFile(IReadOnlyList<string> arguments, int at)
    {
        if (at >= arguments.Count)
        {
            return this with { Error = "-File needs the path of a script." };
        }

        if (arguments[at] == "-")
        {
            return this with { Mode = CommandLineMode.InputWithPrompt };
        }

        string path = Path.GetFullPath(arguments[at]);
        return File.Exists(path)
            ? this with { Mode = CommandLineMode.File, Text = path, Arguments = ScriptArguments(arguments.Skip(at + 1)) }
            : this with { Error = $"The argument '{arguments[at]}' is not the name of an existing script file. Check the spelling and the path: '{path}'." };
    }

    /// <summary>
    /// As pwsh reads them: <c>-Name value</c> leaves it to the script's param block whether the value belongs to the name,
    /// <c>-Name:value</c> binds them, and there true and false are booleans so that a switch can be turned off.
    /// </summary>
    private static ImmutableArray<CommandParameter> ScriptArguments(IEnumerable<string> arguments)
    {
        ImmutableArray<CommandParameter>.Builder parameters = ImmutableArray.CreateBuilder<CommandParameter>();
        string? pending = null;
        foreach (string argument in arguments)
        {
            int colon = argument.IndexOf(':', StringComparison.Ordinal);
            if (pending is not null)
            {
                parameters.Add(new CommandParameter(pending, argument));
                pending = null;
            }
            else if (argument.Length < 2 || argument[0] != '-')
            {
                parameters.Add(new CommandParameter(name: null, argument));
            }
            else if (colon < 0)
            {
                parameters.Add(new CommandParameter(argument));
            }
            else if (colon == argument.Length - 1)
            {
                pending = argument.TrimEnd(':');
            }
            else
            {
                parameters.Add(new CommandParameter(argument[..colon], BooleanOrText(argument[(colon + 1)..])));
            }
        }

        return parameters.ToImmutable();
    }

    private static object BooleanOrText(string value) => bool.TryParse(value.TrimStart('$'), out bool boolean) ? boolean : value;
}
