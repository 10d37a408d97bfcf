using System.Management.Automation;

namespace ReuseportPS.Shell.Hosting;

/// <summary>Shows the newest progress record as one line that other output replaces.</summary>
internal sealed class ProgressLine
{
    private const string ClearLine = "\r\e[K";
    private const int BarWidth = 20;
    private bool _isShown;

    /// <summary>Draws a record, or takes the line away if it says that the work is done.</summary>
    public void Show(ProgressRecord record)
    {
        if (record.RecordType == ProgressRecordType.Completed)
        {
            Hide();
            return;
        }

        string line = Text(record);
        int width = ConsoleRawUserInterface.Width - 1;
        Console.Out.Write(ClearLine + (line.Length > width ? line[..width] : line));
        _isShown = true;
    }

    /// <summary>Takes the line off the screen.</summary>
    public void Hide()
    {
        if (_isShown)
        {
            Console.Out.Write(ClearLine);
            _isShown = false;
        }
    }

    /// <summary>A record as text: activity, bar and percentage if known, status, time left if known.</summary>
    internal static string Text(ProgressRecord record)
    {
        int filled = record.PercentComplete * BarWidth / 100;
        IEnumerable<string?> parts =
        [
            record.Activity,
            record.PercentComplete < 0 ? null : $"[{new string('#', filled)}{new string(' ', BarWidth - filled)}] {record.PercentComplete}%",
            record.StatusDescription,
            record.CurrentOperation,
            record.SecondsRemaining < 0 ? null : $"{TimeSpan.FromSeconds(record.SecondsRemaining):c} left",
        ];
        return string.Join(' ', parts.Where(part => !string.IsNullOrWhiteSpace(part)));
    }
}
