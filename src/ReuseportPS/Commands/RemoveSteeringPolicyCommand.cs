using System.Management.Automation;

namespace ReuseportPS.Commands;

/// <summary>Remove-SteeringPolicy: detaches the program; the kernel's own choice decides again.</summary>
[Cmdlet(VerbsCommon.Remove, "SteeringPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemoveSteeringPolicyCommand : GroupCmdlet
{
    /// <summary>Detaches even a program that is not ours.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => WithGroup(GroupsToChange(), group =>
    {
        string policy = group.Policy is null ? "no policy" : $"policy '{group.Policy.Name}'";
        if (ShouldProcess($"group '{group.Name}' ({policy})", "Detach the program"))
        {
            group.RemovePolicy(Force);
        }
    });
}
