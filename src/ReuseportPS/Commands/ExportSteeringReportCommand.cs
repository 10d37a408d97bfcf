using System.Management.Automation;
using ReuseportPS.Formatting;
using ReuseportPS.Model;
using ReuseportPS.Reports;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Commands;

/// <summary>Export-SteeringReport: measurements and comparisons as a page, as JSON, or as bars for a terminal.</summary>
[Cmdlet(VerbsData.Export, "SteeringReport", SupportsShouldProcess = true)]
[OutputType(typeof(string), typeof(FileInfo))]
public sealed class ExportSteeringReportCommand : ReuseportCmdlet
{
    private readonly List<object> _reports = [];

    /// <summary>The file; without one the report is written to the pipeline.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Objects of Measure-SteeringPolicy, Merge-SteeringReport, Compare-SteeringPolicy, or Set-SteeringPolicy -WhatIf.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public object[] InputObject { get; set; } = [];

    /// <summary>Text, Html or Json; by default what the file's name says, and Text.</summary>
    [Parameter]
    public SteeringReportFormat Format { get; set; }

    /// <summary>Does not overwrite a file.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Returns the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object input in InputObject)
        {
            switch (input is PSObject wrapped ? wrapped.BaseObject : input)
            {
                case SteeringChangePreview preview:
                    _reports.AddRange([preview.After, preview.Change]);
                    break;
                case SteeringMeasurement or SteeringComparison:
                    _reports.Add(input is PSObject report ? report.BaseObject : input);
                    break;
                default:
                    WriteError(new ErrorRecord(
                        new PSArgumentException($"'{input}' is no measurement and no comparison."), "NotAReport", ErrorCategory.InvalidArgument, input));
                    break;
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_reports.Count == 0)
        {
            return;
        }

        string text = Write(Format != SteeringReportFormat.Auto ? Format : System.IO.Path.GetExtension(Path)?.ToLowerInvariant() switch
        {
            ".html" or ".htm" => SteeringReportFormat.Html,
            ".json" => SteeringReportFormat.Json,
            _ => SteeringReportFormat.Text,
        });
        if (Path is null)
        {
            WriteObject(text);
            return;
        }

        string file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        GuardFile(
            file,
            () =>
            {
                if (!ShouldProcess(file, "Write report"))
                {
                    return;
                }

                using (StreamWriter writer = new(new FileStream(file, NoClobber ? FileMode.CreateNew : FileMode.Create)))
                {
                    writer.Write(text);
                }

                if (PassThru)
                {
                    WriteObject(new FileInfo(file));
                }
            },
            writes: true);
    }

    private string Write(SteeringReportFormat format) => format switch
    {
        SteeringReportFormat.Html => HtmlReport.Of(_reports),
        SteeringReportFormat.Json => _reports.Count == 1 ? Json(_reports[0]) : $"[\n{string.Join(",\n", _reports.Select(Json))}\n]",
        _ => string.Join("\n\n", _reports.Select(report => report is SteeringMeasurement measurement ? MeasurementText.Of(measurement) : ComparisonText.Of((SteeringComparison)report))) + "\n",
    };

    private static string Json(object report) => report is SteeringMeasurement measurement ? measurement.ToJson() : ((SteeringComparison)report).ToJson();
}
