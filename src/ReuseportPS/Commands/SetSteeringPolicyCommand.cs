using System.Collections;
using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Set-SteeringPolicy: applies a policy, or a program in its place, to a group in one step; a failure leaves the group as it was.</summary>
[Cmdlet(VerbsCommon.Set, "SteeringPolicy", SupportsShouldProcess = true, DefaultParameterSetName = ByPolicy)]
[OutputType(typeof(SteeringPolicyChange))]
public sealed class SetSteeringPolicyCommand : GroupCmdlet
{
    private const string ByPolicy = "Policy";
    private const string ByProgram = "Program";

    /// <summary>The policy: an object of Import-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ByPolicy)]
    [PolicyTransformation]
    public SteeringPolicy Policy { get; set; } = null!;

    /// <summary>A program in the place of a policy: an object of Import-SteeringProgram, bytes, or the path of a file with one. Its seats are the group's.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByProgram)]
    public object Program { get; set; } = null!;

    /// <summary>The map of the program that the group's seats take the place of; needed only where it has several REUSEPORT_SOCKARRAYs.</summary>
    [Parameter(ParameterSetName = ByProgram)]
    [ValidateNotNullOrEmpty]
    public string? SeatMap { get; set; }

    /// <summary>What the program's other maps hold at the start, beside what it says itself: as for Invoke-SteeringProgram.</summary>
    [Parameter(ParameterSetName = ByProgram)]
    public IDictionary Map { get; set; } = new Hashtable();

    /// <summary>Replaces even a program that is not ours.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByProgram)
        {
            GuardFile(Group, () => WithGroup(GroupsToChange(), SetProgram));
        }
        else
        {
            WithGroup(GroupsToChange(), SetPolicy);
        }
    }

    private void SetPolicy(ManagedGroup group)
    {
        PolicyPlan plan = group.Plan(Policy);
        if (Confirm(group, $"policy '{Policy.Name}' ({plan.Change})", plan.Steps))
        {
            plan = group.Apply(Policy, Force);
            WriteObject(new SteeringPolicyChange(
                group.Name, group.Backend.Kind, Policy.Name, plan.Change, plan.Compiled.Program.InstructionSlots));
        }
    }

    private void SetProgram(ManagedGroup group)
    {
        RunnableProgram program = RunnableProgram.Read(Program, SeatMap, group.SlotCount, SessionState.Path.GetUnresolvedProviderPathFromPSPath);
        if (program.IsPolicy)
        {
            throw new DiagnosticException(ProgramDiagnostics.NoProgram.At(null, $"'{program.Name}' is a policy.", "Give it with -Policy."));
        }

        SeatedProgram? seated = program.Program is null ? null : MapContents.Apply(program.Program, Map, group.Backend.CpuCount);
        int instructions = seated?.Program.InstructionSlots ?? program.Classic!.InstructionCount;
        if (!Confirm(group, $"program '{program.Name}'", group.PlanProgram(seated, instructions)))
        {
            return;
        }

        if (seated is not null)
        {
            group.Apply(seated, program.Name, program.Source, Force);
        }
        else
        {
            group.Apply(program.Classic!.Program, program.Name, program.Source, Force);
        }

        WriteObject(new SteeringPolicyChange(group.Name, group.Backend.Kind, program.Name, PolicyChange.Program, instructions));
    }

    private bool Confirm(ManagedGroup group, string what, IReadOnlyList<string> steps)
    {
        foreach (string step in steps)
        {
            WriteVerbose(step);
        }

        return ShouldProcess($"group '{group.Name}' on the {group.Backend.Kind} backend", $"Apply {what}: {string.Join(' ', steps)}");
    }
}
