using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Commands;

/// <summary>Merge-SteeringReport: puts measurements over the parts of a trace together.</summary>
[Cmdlet(VerbsData.Merge, "SteeringReport")]
[OutputType(typeof(SteeringMeasurement))]
public sealed class MergeSteeringReportCommand : ReuseportCmdlet
{
    private readonly List<SteeringMeasurement> _parts = [];
    private bool _isBroken;

    /// <summary>Measurements of Measure-SteeringPolicy, their JSON, or paths of files with it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public object[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object input in InputObject)
        {
            int before = _parts.Count;
            GuardFile(input, () => _parts.Add(ReportInput.Read(input, SessionState.Path.GetUnresolvedProviderPathFromPSPath)));
            _isBroken |= _parts.Count == before;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // A report that could not be read has its error; the rest would only miss it.
        if (!_isBroken)
        {
            Guard(_parts, () => WriteObject(MeasurementMerger.Merge(_parts)));
        }
    }
}
