using System.Management.Automation;

namespace ReuseportPS.Commands;

/// <summary>Progress of a long reading: shown at most five times a second, and completed at the end.</summary>
internal sealed class TraceCmdletProgress(Cmdlet cmdlet, string activity, string status) : IDisposable
{
    private const int ActivityId = 1;
    private const int MillisecondsBetween = 200;

    private long _last = Environment.TickCount64;
    private bool _shown;

    /// <summary>Tells how far the reading is.</summary>
    /// <param name="fraction">0 to 1, or null when unknown.</param>
    public void Report(double? fraction)
    {
        long now = Environment.TickCount64;
        if (now - _last < MillisecondsBetween)
        {
            return;
        }

        _last = now;
        _shown = true;
        cmdlet.WriteProgress(new ProgressRecord(ActivityId, activity, status)
        {
            PercentComplete = fraction is double part ? (int)(100 * part) : -1,
        });
    }

    public void Dispose()
    {
        if (_shown)
        {
            cmdlet.WriteProgress(new ProgressRecord(ActivityId, activity, status) { RecordType = ProgressRecordType.Completed });
        }
    }
}
