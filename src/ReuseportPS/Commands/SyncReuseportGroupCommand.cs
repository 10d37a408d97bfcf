using System.Management.Automation;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Sync-ReuseportGroup: looks again who the members of an adopted group are, seats those that came, and attaches what a restart has lost.</summary>
[Cmdlet(VerbsData.Sync, "ReuseportGroup", SupportsShouldProcess = true)]
[OutputType(typeof(ReuseportGroupSynchronization))]
public sealed class SyncReuseportGroupCommand : GroupCmdlet
{
    /// <summary>Replaces a program that is not ours, or cannot be seen.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GroupCatalog groups = GroupsToChange();
        WithGroup(groups, group =>
        {
            if (!ShouldProcess($"group '{group.Name}'", "Seat members that have no seat, and attach the program where it is missing"))
            {
                return;
            }

            ReuseportGroupSynchronization done = new(group, group.Synchronize(Force));
            foreach (string unseatable in done.Unseatable)
            {
                WriteWarning($"Not seated: {unseatable}");
            }

            WriteObject(done);
        });
    }
}
