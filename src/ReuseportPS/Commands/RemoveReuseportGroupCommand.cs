using System.Management.Automation;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;

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

        WarnOfReplaced(groups, name);
        if (ShouldProcess($"group '{name}'", "Detach the program and remove the group"))
        {
            groups.Remove(name, Force);
        }
    });

    /// <summary>With the group goes what it keeps of others. A group that cannot be read is removed all the same.</summary>
    private void WarnOfReplaced(GroupCatalog groups, string name)
    {
        try
        {
            using ManagedGroup? group = groups.Find(name);
            foreach ((KernelGroupKey kernelGroup, uint program) in group?.Replaced ?? [])
            {
                WriteWarning($"Program {program} of {kernelGroup}, which -Force replaced, is not kept when the group is gone. Restore-SteeringPolicy {name} -Foreign puts it back first.");
            }
        }
        catch (DiagnosticException)
        {
            // What is wrong with it is for the removal to say.
        }
    }
}
