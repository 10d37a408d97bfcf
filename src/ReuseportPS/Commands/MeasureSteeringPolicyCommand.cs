using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Commands;

/// <summary>Measure-SteeringPolicy: previews a policy over a trace. Nothing is applied.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "SteeringPolicy", DefaultParameterSetName = ForSlots)]
[OutputType(typeof(SteeringMeasurement))]
public sealed class MeasureSteeringPolicyCommand : BackendCmdlet
{
    private const string ForSlots = "ForSlots";
    private const string ForGroup = "ForGroup";

    /// <summary>The trace: an object of Import-PacketTrace or New-PacketTrace.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public PacketTrace Trace { get; set; } = null!;

    /// <summary>The policy: an object of Import-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [PolicyTransformation]
    public SteeringPolicy Policy { get; set; } = null!;

    /// <summary>Slots of the group to pretend, each with a member in its seat.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForSlots)]
    [ValidateRange(1, 32768)]
    public int SlotCount { get; set; }

    /// <summary>A group whose slots and seats are taken as they are now, with the flows and loads that the policy would know if it were set on it now.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForGroup)]
    [ArgumentCompleter(typeof(GroupNameCompleter))]
    public string? Group { get; set; }

    /// <summary>Threads that share the work of reading a pcap or pcapng file; 1 unless given. The result does not depend on it.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 1;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Trace, () =>
    {
        PreviewGroup group = Group is null ? new PreviewGroup(SlotCount) : PreviewGroups.Of(Groups(), Group);
        CompiledPolicy compiled = Compile(Policy, group);
        using TraceCmdletProgress progress = new(this, $"Measuring policy '{Policy.Name}'", Trace.Name);
        SteeringMeasurement measurement = new PolicyPreview(compiled, Knowing(group, Group, Policy, compiled), Policy.Name, SimulatedHost(), Policy) { Cores = ThrottleLimit }.Measure(
            Trace.Source, fraction => progress.Report(fraction), StopToken);
        WriteFindings(measurement.Warnings);
        if (measurement.Failure is Diagnostic failure && Trace.Failure is null)
        {
            WriteFailure(failure);
        }

        WriteObject(measurement);
    });
}
