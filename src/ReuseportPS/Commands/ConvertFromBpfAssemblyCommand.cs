using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>ConvertFrom-BpfAssembly: reads programs from text.</summary>
[Cmdlet(VerbsData.ConvertFrom, "BpfAssembly")]
[OutputType(typeof(SteeringProgram))]
public sealed class ConvertFromBpfAssemblyCommand : ReuseportCmdlet
{
    private readonly List<string> _lines = [];

    /// <summary>The text. Lines that come one by one are one program; a string of several lines is a program of its own.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] InputObject { get; set; } = [];

    /// <summary>Name of the program when the text gives none.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "program";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string text in InputObject)
        {
            if (text.Contains('\n', StringComparison.Ordinal))
            {
                Convert(text);
            }
            else
            {
                _lines.Add(text);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_lines.Count > 0)
        {
            Convert(string.Join('\n', _lines));
        }
    }

    private void Convert(string text) => Guard(text, () =>
    {
        (IReadOnlyList<SteeringProgram> programs, IReadOnlyList<Diagnostic> findings) = ProgramFile.FromText(text, Name, source: null);
        WriteFindings(findings);
        WriteObject(programs, enumerateCollection: true);
    });
}
