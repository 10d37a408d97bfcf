using System.Management.Automation;

namespace ReuseportPS.Commands;

/// <summary>Remove-SteeringPolicy: detaches the program; the kernel's own choice decides again.</summary>
[Cmdlet(VerbsCommon.Remove, "SteeringPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemoveSteeringPolicyCommand : PolicyCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => WithGroup(GroupsToChange(), group =>
    {
        string policy = group.Policy is not null ? $"policy '{group.Policy.Name}'" : group.Program is not null ? $"program '{group.Program.Name}'" : "no policy";
        WarnOfForeign(group);
        if (ShouldProcess($"group '{group.Name}' ({policy})", "Detach the program"))
        {
            group.RemovePolicy(Force);
            OfferReplaced(group);
        }
    });
}
