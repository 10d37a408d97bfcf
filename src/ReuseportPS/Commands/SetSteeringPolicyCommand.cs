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
[OutputType(typeof(SteeringPolicyChange), typeof(SteeringChangePreview))]
public sealed class SetSteeringPolicyCommand : PolicyCmdlet
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

    /// <summary>With -WhatIf, a trace to preview the policy over, beside the live connections and the flows of flow tables.</summary>
    [Parameter(ParameterSetName = ByPolicy)]
    public PacketTrace? Trace { get; set; }

    /// <summary>The time after which the kernel returns to what the group has now, unless Confirm-SteeringPolicy comes first; for example 60s.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? ConfirmWithin { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByProgram)
        {
            GuardFile(Group, () => WithGroup(GroupsToChange(), SetProgram));
        }
        else
        {
            GroupCatalog groups = GroupsToChange();
            WithGroup(groups, group => SetPolicy(groups.Backend, group, Policy, Trace, ConfirmWithin));
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
        WarnOfForeign(group);
        int instructions = seated?.Program.InstructionSlots ?? program.Classic!.InstructionCount;
        if (!Confirm(group, $"program '{program.Name}'", group.PlanProgram(seated, instructions, ConfirmWithin), out _))
        {
            return;
        }

        if (seated is not null)
        {
            group.Apply(seated, program.Name, program.Source, Force, ConfirmWithin);
        }
        else
        {
            group.Apply(program.Classic!.Program, program.Name, program.Source, Force);
        }

        WriteObject(new SteeringPolicyChange(group.Name, group.Backend.Kind, program.Name, PolicyChange.Program, instructions)
        {
            State = group.State,
            TimeLeft = group.TimeLeft,
        });
    }
}
