using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator;

namespace ReuseportPS.Commands;

/// <summary>Test-ReuseportFidelity: opens the flows of a trace on the simulator and on the kernel, and compares where each arrives.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ReuseportFidelity")]
[OutputType(typeof(FidelityTest), typeof(bool))]
public sealed class TestReuseportFidelityCommand : ReuseportCmdlet
{
    /// <summary>The policy: an object of Import-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [PolicyTransformation]
    public SteeringPolicy Policy { get; set; } = null!;

    /// <summary>Traces whose flows are opened, each flow once.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    public PacketTrace[] Trace { get; set; } = [];

    /// <summary>Slots: sockets for each protocol and port.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int SlotCount { get; set; } = 4;

    /// <summary>Answers with true when no flow differs, false otherwise.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private readonly List<PacketTrace> _traces = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => _traces.AddRange(Trace);

    /// <inheritdoc/>
    protected override void EndProcessing() => Guard(Policy, () =>
    {
        List<FlowOpening> flows = [];
        foreach (PacketTrace trace in _traces)
        {
            flows.AddRange(FlowOpenings.Of(trace.Source, StopToken));
        }

        using IReuseportBackend simulator = new SimulatorBackend(new SimulatorOptions());
        IReuseportBackend kernel = ModuleState.Current.Groups(BackendKind.Linux).Backend;
        using TraceCmdletProgress progress = new(this, "Opening flows on the simulator and on the kernel", Policy.Name);
        FidelityResult result = new FidelityRun(Policy, SlotCount, flows)
            .Run(simulator, kernel, done => progress.Report((double)done / flows.Count), StopToken);
        bool passed = result.Differences.IsEmpty && result.FlowCount > 0 && result.Lost == 0;
        WriteObject(Quiet ? passed : new FidelityTest(
            passed, Policy.Name, result.FlowCount, result.Differences.Length, result.LeftToKernel, result.NotSent, result.Lost, result.Slots, result.Differences));
    });
}
