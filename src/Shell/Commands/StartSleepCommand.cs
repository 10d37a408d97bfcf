using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsLifecycle.Start, "Sleep", DefaultParameterSetName = "Seconds")]
public sealed class StartSleepCommand : PSCmdlet, IDisposable
{
    private readonly ManualResetEventSlim _stopped = new();

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Seconds", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0.0, int.MaxValue / 1000)]
    public double Seconds { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Milliseconds", ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, int.MaxValue)]
    [Alias("ms")]
    public int Milliseconds { get; set; }

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "FromTimeSpan", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(ValidateRangeKind.NonNegative)]
    [Alias("ts")]
    public TimeSpan Duration { get; set; }

    public void Dispose() => _stopped.Dispose();

    protected override void ProcessRecord()
    {
        TimeSpan time = ParameterSetName switch
        {
            "Seconds" => TimeSpan.FromMilliseconds((int)(Seconds * 1000)),
            "Milliseconds" => TimeSpan.FromMilliseconds(Milliseconds),
            _ => Duration,
        };
        if (time.TotalMilliseconds > int.MaxValue)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"The duration {time} is longer than the longest possible, {TimeSpan.FromMilliseconds(int.MaxValue)}.", nameof(Duration)),
                "MaximumDurationExceeded",
                ErrorCategory.InvalidArgument,
                targetObject: null));
        }

        _stopped.Wait(time);
    }

    protected override void StopProcessing() => _stopped.Set();
}
