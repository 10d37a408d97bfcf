using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Set-SteeringPolicy: applies a policy to a group in one step; a failure leaves the group as it was.</summary>
[Cmdlet(VerbsCommon.Set, "SteeringPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(SteeringPolicyChange))]
public sealed class SetSteeringPolicyCommand : GroupCmdlet
{
    /// <summary>The policy: an object of Import-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [PolicyTransformation]
    public SteeringPolicy Policy { get; set; } = null!;

    /// <summary>Replaces even a program that is not ours.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => WithGroup(GroupsToChange(), group =>
    {
        PolicyPlan plan = group.Plan(Policy);
        foreach (string step in plan.Steps)
        {
            WriteVerbose(step);
        }

        string target = $"group '{group.Name}' on the {group.Backend.Kind} backend";
        string action = $"Apply policy '{Policy.Name}' ({plan.Change}): {string.Join(' ', plan.Steps)}";
        if (ShouldProcess(target, action))
        {
            plan = group.Apply(Policy, Force);
            WriteObject(new SteeringPolicyChange(
                group.Name, group.Backend.Kind, Policy.Name, plan.Change, plan.Compiled.Program.InstructionSlots));
        }
    });
}
