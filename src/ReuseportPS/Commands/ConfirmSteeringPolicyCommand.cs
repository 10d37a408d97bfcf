using System.Management.Automation;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Confirm-SteeringPolicy: keeps a policy that Set-SteeringPolicy -ConfirmWithin applied.</summary>
[Cmdlet(VerbsLifecycle.Confirm, "SteeringPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(SteeringPolicyChange))]
public sealed class ConfirmSteeringPolicyCommand : PolicyCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => WithGroup(GroupsToChange(), group =>
    {
        WarnOfForeign(group);
        if (ShouldChange(group, group.Program is null ? $"Keep policy '{group.Policy?.Name}'" : $"Keep program '{group.Program.Name}'", out _))
        {
            group.ConfirmPolicy(Force);
            WriteObject(new SteeringPolicyChange(
                group.Name, group.Backend.Kind, group.Policy?.Name ?? group.Program?.Name ?? "", PolicyChange.Program,
                group.Compiled?.Program.InstructionSlots ?? group.Program?.InstructionCount ?? 0));
        }
    });
}
