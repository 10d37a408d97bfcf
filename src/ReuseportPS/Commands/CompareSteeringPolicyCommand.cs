using System.Globalization;
using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Commands;

/// <summary>Compare-SteeringPolicy: what a change of policy or of slots moves, over a trace. Nothing is applied.</summary>
[Cmdlet(VerbsData.Compare, "SteeringPolicy")]
[OutputType(typeof(SteeringComparison))]
public sealed class CompareSteeringPolicyCommand : PreviewCmdlet
{
    /// <summary>The trace: an object of Import-PacketTrace or New-PacketTrace.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PacketTrace Trace { get; set; } = null!;

    /// <summary>The policy before the change: an object of Import-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [PolicyTransformation]
    public SteeringPolicy ReferencePolicy { get; set; } = null!;

    /// <summary>The policy after the change; the same by default.</summary>
    [Parameter(Position = 1)]
    [PolicyTransformation]
    public SteeringPolicy? DifferencePolicy { get; set; }

    /// <summary>Slots after the change, each new one with a member in its seat; as many as before by default.</summary>
    [Parameter]
    [ValidateRange(1, 32768)]
    public int? NewSlotCount { get; set; }

    /// <summary>Slots whose members are gone after the change; the slots stay, empty.</summary>
    [Parameter]
    [ValidateRange(0, 32767)]
    public int[] RemovedSlot { get; set; } = [];

    /// <summary>Slots that are drained after the change: their members stay, and get no new flows.</summary>
    [Parameter]
    [ValidateRange(0, 32767)]
    public int[] DrainedSlot { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Trace, () =>
    {
        PreviewGroup before = Target();
        PreviewGroup after = Change(before);
        SteeringPolicy difference = DifferencePolicy ?? ReferencePolicy;
        PolicyComparer comparer = new(Side(ReferencePolicy.Name, ReferencePolicy, before), Side(Describe(difference, before), difference, after), SimulatedHost());
        using TraceCmdletProgress progress = new(this, $"Comparing '{ReferencePolicy.Name}'", Trace.Name);
        SteeringComparison comparison = comparer.Compare(Trace.Source, progress.Report, StopToken);
        if (comparison.Failure is Diagnostic failure && Trace.Failure is null)
        {
            WriteFailure(failure);
        }

        WriteObject(comparison);
    });

    private ComparedSide Side(string name, SteeringPolicy policy, PreviewGroup group)
    {
        CompiledPolicy compiled = Compile(policy, group);
        return new ComparedSide(name, compiled, Knowing(group, Group, policy, compiled));
    }

    private PreviewGroup Change(PreviewGroup before)
    {
        int slotCount = NewSlotCount ?? before.SlotCount;
        bool[] occupied = [.. Enumerable.Range(0, slotCount).Select(slot => !RemovedSlot.Contains(slot) && (slot >= before.SlotCount || before.Occupied[slot]))];
        SlotStates states = DrainedSlot.Aggregate(before.States, (all, slot) => all.With(slot, SlotState.Draining));
        int unknown = RemovedSlot.Concat(DrainedSlot).FirstOrDefault(slot => slot >= slotCount, -1);
        return unknown >= 0 ? throw Refuse($"There is no slot {unknown}: there are {slotCount}.", "Give slots from 0.")
            : !occupied.Contains(true) ? throw Refuse("No slot has a member after the change.", "Leave one.")
            : Enumerable.Range(0, slotCount).All(slot => states[slot] == SlotState.Draining || !occupied[slot]) ? throw Refuse("No slot with a member takes new flows after the change.", "Leave one that is not drained.")
            : new PreviewGroup(slotCount) { Occupied = [.. occupied], States = states };
    }

    private string Describe(SteeringPolicy policy, PreviewGroup before)
    {
        List<string> changes = [];
        if (NewSlotCount is int slots && slots != before.SlotCount)
        {
            changes.Add(string.Create(CultureInfo.InvariantCulture, $"{slots} slots instead of {before.SlotCount}"));
        }

        if (RemovedSlot.Length > 0)
        {
            changes.Add($"without slot {string.Join(", ", RemovedSlot)}");
        }

        if (DrainedSlot.Length > 0)
        {
            changes.Add($"slot {string.Join(", ", DrainedSlot)} drained");
        }

        return changes.Count == 0 ? policy.Name : $"{policy.Name}, {string.Join(", ", changes)}";
    }

    private static DiagnosticException Refuse(string message, string remedy) =>
        new(PolicyDiagnostics.BadSlotCount.At(null, message, remedy));
}
