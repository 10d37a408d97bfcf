using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;
using System.Text;

namespace ReuseportPS.Shell.Hosting;

/// <summary>
/// Reads a line key by key from a terminal, with a history and completion. Console.ReadLine would keep what was typed before Ctrl+C
/// and run it with the next line.
/// </summary>
/// <param name="runspace">The runspace that completion asks.</param>
internal sealed class LineEditor(Runspace runspace) : ILineSource
{
    private readonly List<string> _history = [];
    private readonly StringBuilder _text = new();
    private string _prompt = "";
    private int _cursor;
    private int _row;
    private int _historyIndex;
    private CommandCompletion? _completion;

    public bool IsInteractive => true;

    public string? ReadLine(Func<string> prompt, out bool cancelled)
    {
        string whole = prompt();
        int lastLine = whole.LastIndexOf('\n') + 1;
        Console.Out.Write(whole[..lastLine]);
        _prompt = whole[lastLine..];
        _text.Clear();
        _cursor = 0;
        _row = 0;
        _historyIndex = _history.Count;
        _completion = null;
        Console.TreatControlCAsInput = true;
        try
        {
            Redraw();
            while (true)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                bool isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
                if (key.Key == ConsoleKey.Enter)
                {
                    End();
                    cancelled = false;
                    return Remember(_text.ToString());
                }

                if (isControl && key.Key == ConsoleKey.C)
                {
                    End();
                    cancelled = true;
                    return "";
                }

                if (isControl && key.Key == ConsoleKey.D && _text.Length == 0)
                {
                    End();
                    cancelled = false;
                    return null;
                }

                Handle(key);
                Redraw();
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private void Handle(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Tab)
        {
            Complete(forward: !key.Modifiers.HasFlag(ConsoleModifiers.Shift));
            return;
        }

        _completion = null;
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
                _cursor = Math.Max(0, _cursor - 1);
                break;
            case ConsoleKey.RightArrow:
                _cursor = Math.Min(_text.Length, _cursor + 1);
                break;
            case ConsoleKey.Home:
                _cursor = 0;
                break;
            case ConsoleKey.End:
                _cursor = _text.Length;
                break;
            case ConsoleKey.UpArrow:
                Recall(_historyIndex - 1);
                break;
            case ConsoleKey.DownArrow:
                Recall(_historyIndex + 1);
                break;
            case ConsoleKey.Backspace when _cursor > 0:
                _text.Remove(--_cursor, 1);
                break;
            case ConsoleKey.Delete when _cursor < _text.Length:
                _text.Remove(_cursor, 1);
                break;
            case ConsoleKey.Escape:
                Replace("");
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                {
                    _text.Insert(_cursor++, key.KeyChar);
                }

                break;
        }
    }

    private void Recall(int index)
    {
        if (index >= 0 && index <= _history.Count)
        {
            _historyIndex = index;
            Replace(index < _history.Count ? _history[index] : "");
        }
    }

    private void Complete(bool forward)
    {
        if (_completion is null)
        {
            using PowerShell shell = PowerShell.Create(runspace);
            _completion = CommandCompletion.CompleteInput(_text.ToString(), _cursor, options: null, shell);
        }

        if (_completion.GetNextResult(forward) is { } match)
        {
            _text.Remove(_completion.ReplacementIndex, _completion.ReplacementLength).Insert(_completion.ReplacementIndex, match.CompletionText);
            _completion.ReplacementLength = match.CompletionText.Length;
            _cursor = _completion.ReplacementIndex + match.CompletionText.Length;
        }
    }

    private void Replace(string text)
    {
        _text.Clear().Append(text);
        _cursor = text.Length;
    }

    private string Remember(string line)
    {
        if (!string.IsNullOrWhiteSpace(line) && (_history.Count == 0 || _history[^1] != line))
        {
            _history.Add(line);
        }

        return line;
    }

    // The line may be longer than the terminal is wide, so the cursor is placed by counting cells from the row where the prompt began.
    private void Redraw()
    {
        int width = ConsoleRawUserInterface.Width;
        int start = PSHostUserInterface.GetOutputString(_prompt, supportsVirtualTerminal: false).Length;
        int cursorCell = start + _cursor;
        int endCell = start + _text.Length;
        StringBuilder screen = new();
        screen.Append(_row > 0 ? $"\e[{_row}A" : "").Append("\r\e[J").Append(_prompt).Append(_text);
        if (endCell % width == 0)
        {
            // A full last column leaves the cursor pending on it.
            screen.Append("\r\n");
        }

        int up = (endCell / width) - (cursorCell / width);
        screen.Append(up > 0 ? $"\e[{up}A" : "").Append('\r').Append(cursorCell % width > 0 ? $"\e[{cursorCell % width}C" : "");
        Console.Out.Write(screen.ToString());
        _row = cursorCell / width;
    }

    private void End()
    {
        _cursor = _text.Length;
        Redraw();
        Console.Out.WriteLine();
    }
}
