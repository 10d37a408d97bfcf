using System.Management.Automation;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
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
    protected override void ProcessRecord() => WithGroup(Groups(), group =>
    {
        CounterReading[] counters = group.Compiled is null ? [] : [.. group.ReadCounters().Where(counter => counter.Kind == CounterKind.Slot)];
        double total = counters.Sum(counter => (double)counter.Value);
        foreach (SlotStatus slot in group.ReadSlots())
        {
            if (Slot is null || Slot.Contains(slot.Slot))
            {
                WriteObject(new SocketSlot(
                    group.Name, group.Backend.Kind, slot.Slot,
                    slot.Seats.Any(seat => seat.Cookie != 0) ? "Active" : "Empty",
                    group.Policy is null ? null : IntendedShare.Of(group.Policy, slot.Slot, group.SlotCount),
                    total > 0 ? counters[slot.Slot].Value / total : null,
                    slot.Seats));
            }
        }

        foreach (int missing in (Slot ?? []).Where(number => number >= group.SlotCount))
        {
            WriteError(new ErrorRecord(
                new ItemNotFoundException($"Group '{group.Name}' has slots 0 to {group.SlotCount - 1}, not {missing}."),
                "SlotNotFound", ErrorCategory.ObjectNotFound, missing));
        }
    });
}
