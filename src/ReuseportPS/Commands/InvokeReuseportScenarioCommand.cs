using System.Globalization;
using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Linux;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator;
using ReuseportPS.Yaml;

namespace ReuseportPS.Commands;

/// <summary>Invoke-ReuseportScenario: runs scenario files on the simulator or on the kernel, each case in a network namespace of its own.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "ReuseportScenario", DefaultParameterSetName = "Path")]
[OutputType(typeof(ScenarioStepResult), typeof(ScenarioCaseResult))]
public sealed class InvokeReuseportScenarioCommand : FileCmdlet
{
    // As many as the case needs that tell two CPUs apart.
    private const int CpuCount = 2;

    /// <summary>Where the scenarios run; by default where other commands act.</summary>
    [Parameter]
    public BackendKind? Backend { get; set; }

    /// <summary>Seed of the simulator; the same seed gives the same results.</summary>
    [Parameter]
    public ulong Seed { get; set; } = 1;

    /// <summary>One object for each case in place of one for each step.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    private BackendKind _kind;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        try
        {
            (_kind, string reason) = ModuleState.Current.Resolve(Backend);
            WriteVerbose($"Running on the {_kind} backend, chosen by {reason}.");
        }
        catch (ArgumentException exception)
        {
            ThrowTerminatingError(new ErrorRecord(exception, "UnknownBackend", ErrorCategory.InvalidArgument, Backend));
        }

        if (_kind == BackendKind.Linux && MyInvocation.BoundParameters.ContainsKey(nameof(Seed)))
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException("-Seed is of the simulator; the kernel takes none. Leave it out, or add -Backend Simulator."), "SeedNeedsSimulator",
                ErrorCategory.InvalidArgument, Seed));
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessFile(string path)
    {
        ScenarioReading reading = ScenarioYaml.Read(File.ReadAllText(path), System.IO.Path.GetFileNameWithoutExtension(path), path, name => ReadBeside(path, name));
        if (reading.Scenario is null)
        {
            throw new DiagnosticException(reading.Diagnostics);
        }

        WriteFindings(reading.Diagnostics);
        int steps = 0;
        int failed = 0;
        List<StepResult> ofCase = [];
        foreach (StepResult result in new ScenarioRun(reading.Scenario).Run(CreateBackend, StopToken))
        {
            if (ofCase.Count > 0 && ofCase[0].Case != result.Case)
            {
                WriteCase(ofCase);
            }

            ofCase.Add(result);
            steps++;
            failed += result.Outcome == StepOutcome.Failed ? 1 : 0;
            if (!Summary)
            {
                WriteObject(new ScenarioStepResult(_kind, result));
            }
        }

        WriteCase(ofCase);
        if (failed > 0)
        {
            WriteWarning(string.Create(CultureInfo.InvariantCulture, $"Scenario '{reading.Scenario.Name}' on {_kind}: {failed} of {steps} steps FAILED."));
        }
    }

    private IReuseportBackend CreateBackend() =>
        _kind == BackendKind.Linux ? new LinuxBackend() : new SimulatorBackend(new SimulatorOptions { Seed = Seed, CpuCount = CpuCount });

    private void WriteCase(List<StepResult> results)
    {
        if (Summary && results.Count > 0)
        {
            WriteObject(ScenarioCaseResult.Of(_kind, results));
        }

        results.Clear();
    }

    private static byte[]? ReadBeside(string path, string name)
    {
        try
        {
            return File.ReadAllBytes(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? "", name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
