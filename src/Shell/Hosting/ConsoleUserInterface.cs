using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace ReuseportPS.Shell.Hosting;

/// <summary>Writes the streams of the engine to the console, and asks the user. Where output is redirected or NO_COLOR is set, no escape sequence leaves.</summary>
internal sealed class ConsoleUserInterface : PSHostUserInterface
{
    private readonly Lock _lock = new();
    private readonly ProgressLine? _progress;
    private readonly bool _nonInteractive;

    /// <param name="nonInteractive">Questions are errors.</param>
    public ConsoleUserInterface(bool nonInteractive)
    {
        _nonInteractive = nonInteractive;
        bool isPlain = Console.IsOutputRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is not null;
        SupportsVirtualTerminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null);
        if (isPlain || !SupportsVirtualTerminal)
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }

        // A line that is redrawn needs a terminal that can clear it, with or without colour.
        _progress = SupportsVirtualTerminal ? new ProgressLine() : null;
    }

    public override bool SupportsVirtualTerminal { get; }

    public override PSHostRawUserInterface RawUI { get; } = new ConsoleRawUserInterface();

    /// <summary>False while the last text on standard output did not end its line.</summary>
    public bool IsAtLineStart { get; private set; } = true;

    /// <summary>Takes a progress line off the screen.</summary>
    public void HideProgress()
    {
        lock (_lock)
        {
            _progress?.Hide();
        }
    }

    public override void Write(string value) => Put(Console.Out, value);

    public override void WriteLine(string value) => Put(Console.Out, value + Environment.NewLine);

    public override void WriteLine() => Put(Console.Out, Environment.NewLine);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Put(Console.Out, Colored(foregroundColor, backgroundColor, value));

    public override void WriteLine(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Put(Console.Out, Colored(foregroundColor, backgroundColor, value) + Environment.NewLine);

    public override void WriteErrorLine(string value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        if (Console.IsErrorRedirected || Console.IsOutputRedirected)
        {
            Put(Console.Error, (Console.IsErrorRedirected ? Plain(value) : value) + Environment.NewLine);
        }
        else
        {
            WriteLine(value);
        }
    }

    public override void WriteWarningLine(string message) => WriteStyled(FormatStyle.Warning, "WARNING: " + message);

    public override void WriteVerboseLine(string message) => WriteStyled(FormatStyle.Verbose, "VERBOSE: " + message);

    public override void WriteDebugLine(string message) => WriteStyled(FormatStyle.Debug, "DEBUG: " + message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_lock)
        {
            _progress?.Show(record);
        }
    }

    public override string ReadLine()
    {
        RefuseIfNonInteractive();
        HideProgress();
        return Console.In.ReadLine() ?? throw new EndOfStreamException("Standard input ended before the question was answered.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        SecureString secret = new();
        foreach (char character in Console.IsInputRedirected ? ReadLine() : ReadHidden())
        {
            secret.AppendChar(character);
        }

        secret.MakeReadOnly();
        return secret;
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        RefuseIfNonInteractive();
        WriteIntroduction(caption, message);
        return descriptions.ToDictionary(field => field.Name, Ask, StringComparer.OrdinalIgnoreCase);
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        RefuseIfNonInteractive();
        WriteIntroduction(caption, message);
        Choice[] offered = [.. choices.Select(choice => new Choice(choice))];
        string question = string.Join("  ", offered.Select(choice => $"[{choice.Key}] {choice.Label}"))
            + "  [?] Help" + (defaultChoice >= 0 ? $" (default is \"{offered[defaultChoice].Key}\"): " : ": ");
        while (true)
        {
            Write(question);
            string answer = ReadLine().Trim();
            int picked = answer.Length == 0 ? defaultChoice : Array.FindIndex(offered, choice => choice.IsMeantBy(answer));
            if (picked >= 0)
            {
                return picked;
            }

            if (answer == "?")
            {
                foreach (Choice choice in offered)
                {
                    WriteLine($"{choice.Key} - {choice.Help}");
                }
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        RefuseIfNonInteractive();
        WriteIntroduction(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine();
        }

        Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    private static string Plain(string value) => GetOutputString(value, supportsVirtualTerminal: false);

    private static string Colored(ConsoleColor foreground, ConsoleColor background, string value)
    {
        // Colours that no ConsoleColor names stand for the terminal's own.
        string start = (Enum.IsDefined(foreground) ? PSStyle.MapForegroundColorToEscapeSequence(foreground) : "")
            + (Enum.IsDefined(background) ? PSStyle.MapBackgroundColorToEscapeSequence(background) : "");
        return start.Length == 0 ? value : start + value + PSStyle.Instance.Reset;
    }

    private void WriteStyled(FormatStyle style, string line) => WriteLine(GetFormatStyleString(style) + line + PSStyle.Instance.Reset);

    private void Put(TextWriter writer, string value)
    {
        string text = writer == Console.Out ? GetOutputString(value, SupportsVirtualTerminal) : value;
        lock (_lock)
        {
            _progress?.Hide();
            writer.Write(text);
            if (text.Length > 0)
            {
                IsAtLineStart = text.EndsWith('\n');
            }
        }
    }

    private void WriteIntroduction(string caption, string message)
    {
        foreach (string line in new[] { caption, message }.Where(line => !string.IsNullOrEmpty(line)))
        {
            WriteLine(line);
        }
    }

    private PSObject Ask(FieldDescription field)
    {
        Type type = Type.GetType(field.ParameterAssemblyFullName) ?? typeof(string);
        if (type == typeof(SecureString))
        {
            Write(field.Name + ": ");
            return PSObject.AsPSObject(ReadLineAsSecureString());
        }

        if (!type.IsArray)
        {
            Write(field.Name + ": ");
            return PSObject.AsPSObject(LanguagePrimitives.ConvertTo(ReadLine(), type, CultureInfo.InvariantCulture));
        }

        List<string> elements = [];
        while (true)
        {
            Write($"{field.Name}[{elements.Count}]: ");
            string element = ReadLine();
            if (element.Length == 0)
            {
                return PSObject.AsPSObject(LanguagePrimitives.ConvertTo(elements, type, CultureInfo.InvariantCulture));
            }

            elements.Add(element);
        }
    }

    private string ReadHidden()
    {
        RefuseIfNonInteractive();
        HideProgress();
        List<char> typed = [];
        for (ConsoleKeyInfo key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace && typed.Count > 0)
            {
                typed.RemoveAt(typed.Count - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Add(key.KeyChar);
            }
        }

        WriteLine();
        return string.Concat(typed);
    }

    private void RefuseIfNonInteractive()
    {
        if (_nonInteractive)
        {
            throw new PSInvalidOperationException("PowerShell is in NonInteractive mode. Read and Prompt functionality is not available.");
        }
    }

    /// <summary>One choice of a question: the letter after &amp; in its label is its key.</summary>
    private sealed class Choice
    {
        public Choice(ChoiceDescription description)
        {
            int mark = description.Label.IndexOf('&', StringComparison.Ordinal);
            Label = description.Label.Replace("&", "", StringComparison.Ordinal);
            Key = mark >= 0 && mark + 1 < description.Label.Length ? description.Label[mark + 1].ToString().ToUpperInvariant() : Label;
            Help = description.HelpMessage;
        }

        public string Key { get; }

        public string Label { get; }

        public string Help { get; }

        public bool IsMeantBy(string answer) =>
            string.Equals(answer, Key, StringComparison.OrdinalIgnoreCase) || string.Equals(answer, Label, StringComparison.OrdinalIgnoreCase);
    }
}
