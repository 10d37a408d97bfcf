using System.Management.Automation;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
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

    /// <summary>Members that get a seat are a new generation of the server: they get slots of their own, and new flows by the policy's generations; old flows stay where they are.</summary>
    [Parameter]
    public SwitchParameter NewGeneration { get; set; }

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

            ReuseportGroupSynchronization done = new(group, group.Synchronize(Force, NewGeneration));
            foreach (string unseatable in done.Unseatable)
            {
                WriteWarning($"Not seated: {unseatable}");
            }

            foreach (int slot in done.SeatedSlot.Where(slot => group.States[slot] != SlotState.Active).Distinct())
            {
                WriteWarning($"Slot {slot} is {group.States[slot]}: who sits there now gets no new flows until Resume-SocketSlot.");
            }

            if (!NewGeneration && done.SeatedSlot.Any(slot => slot >= done.FormerSlotCount) && group.Policy is not null && PolicyGenerations.HasAny(group.Policy))
            {
                WriteWarning("The policy has generations, and the new slots are in none of them. For a new generation of the server use -NewGeneration.");
            }

            WriteObject(done);
        });
    }
}
