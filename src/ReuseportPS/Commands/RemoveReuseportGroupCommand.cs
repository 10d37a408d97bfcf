using System.Management.Automation;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Commands;

/// <summary>Remove-ReuseportGroup: closes an own group, or lets an adopted one go; a server's sockets stay open.</summary>
[Cmdlet(VerbsCommon.Remove, "ReuseportGroup", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveReuseportGroupCommand : GroupCmdlet
{
    /// <summary>Detaches even a program that is not ours.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Group, () =>
    {
        GroupCatalog groups = GroupsToChange();
        if (!groups.Names.Contains(Group, StringComparer.Ordinal))
        {
            throw groups.NotFound(Group);
        }

        if (ShouldProcess($"group '{Group}'", "Detach the program and remove the group"))
        {
            groups.Remove(Group, Force);
        }
    });
}
