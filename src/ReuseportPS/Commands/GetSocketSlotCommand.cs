using System.Management.Automation;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Get-SocketSlot: the slots of a group and who sits in them.</summary>
[Cmdlet(VerbsCommon.Get, "SocketSlot")]
[OutputType(typeof(SocketSlot))]
public sealed class GetSocketSlotCommand : GroupCmdlet
{
    /// <summary>Slot numbers; all by default.</summary>
    [Parameter(Position = 1)]
    [ValidateRange(0, 32767)]
    public int[]? Slot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        GroupCatalog groups = Groups();
        WithGroup(groups, group =>
        {
            foreach (SocketSlot slot in SocketSlot.Of(group, groups.Backend.MonotonicTime).Where(slot => Slot is null || Slot.Contains(slot.Slot)))
            {
                WriteObject(slot);
            }

            foreach (int missing in (Slot ?? []).Where(number => number >= group.SlotCount))
            {
                WriteError(new ErrorRecord(
                    new ItemNotFoundException($"Group '{group.Name}' has slots 0 to {group.SlotCount - 1}, not {missing}."),
                    "SlotNotFound", ErrorCategory.ObjectNotFound, missing));
            }
        });
    }
}
