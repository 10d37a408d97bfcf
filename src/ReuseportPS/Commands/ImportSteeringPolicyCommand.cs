using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Commands;

/// <summary>Import-SteeringPolicy: reads policies from YAML files.</summary>
[Cmdlet(VerbsData.Import, "SteeringPolicy", DefaultParameterSetName = "Path")]
[OutputType(typeof(SteeringPolicy))]
public sealed class ImportSteeringPolicyCommand : FileCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessFile(string path)
    {
        PolicyReading result = PolicyYaml.Read(File.ReadAllText(path), path);
        if (result.Policy is null)
        {
            throw new DiagnosticException(result.Diagnostics);
        }

        WriteFindings(result.Diagnostics);
        WriteObject(result.Policy);
    }
}
