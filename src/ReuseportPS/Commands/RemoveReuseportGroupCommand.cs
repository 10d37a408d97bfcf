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
        string name = ResolveName(groups);
        if (!groups.Names.Contains(name, StringComparer.Ordinal))
        {
            throw groups.NotFound(Group);
        }

        if (ShouldProcess($"group '{name}'", "Detach the program and remove the group"))
        {
            groups.Remove(name, Force);
        }
    });
}
