using System.Management.Automation;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Restore-SteeringPolicy: puts back what a group had: the policy before, one of its history, or a program of others that -Force replaced.</summary>
[Cmdlet(VerbsData.Restore, "SteeringPolicy", SupportsShouldProcess = true, DefaultParameterSetName = OfHistory)]
[OutputType(typeof(SteeringPolicyChange), typeof(SteeringChangePreview))]
public sealed class RestoreSteeringPolicyCommand : PolicyCmdlet
{
    private const string OfHistory = "History";
    private const string OfOthers = "Foreign";

    /// <summary>Number of the policy, as Get-SteeringPolicy -History has it; by default the one before the present one.</summary>
    [Parameter(Position = 1, ParameterSetName = OfHistory)]
    [ValidateRange(1, int.MaxValue)]
    public int? Version { get; set; }

    /// <summary>Puts the programs of others back that -Force replaced; the group's policy goes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfOthers)]
    public SwitchParameter Foreign { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GroupCatalog groups = GroupsToChange();
        WithGroup(groups, group =>
        {
            if (Foreign)
            {
                PutBack(group);
            }
            else if (Version is null && group.State != PolicyState.Active)
            {
                Return(group);
            }
            else
            {
                SetPolicy(groups.Backend, group, group.FindVersion(Version));
            }
        });
    }

    /// <summary>From a policy that waits to be confirmed; or, when its time has passed, for good. Which of the two it is does not matter to who asks for it.</summary>
    private void Return(ManagedGroup group)
    {
        WarnOfForeign(group);
        string action = group.State == PolicyState.Pending
            ? $"Return to {group.Alternative} now"
            : $"Attach what the group has returned to, in the place of the program that waited for {group.Alternative} to be confirmed";
        if (ShouldChange(group, action, out _))
        {
            group.RollBack(Force);
            WriteChange(group, group.Policy?.Name ?? group.Program?.Name ?? "the kernel's choice", group.Compiled?.Program.InstructionSlots ?? group.Program?.InstructionCount ?? 0);
        }
    }

    private void PutBack(ManagedGroup group)
    {
        WarnOfForeign(group);
        string programs = TextOfReplaced(group);
        if (group.Replaced.IsEmpty || ShouldChange(group, $"Put back: {programs}; the group's policy goes", out _))
        {
            group.RestoreReplaced(Force);
            WriteChange(group, programs, 0);
        }
    }

    private void WriteChange(ManagedGroup group, string policy, int instructions) =>
        WriteObject(new SteeringPolicyChange(group.Name, group.Backend.Kind, policy, PolicyChange.Program, instructions));
}
