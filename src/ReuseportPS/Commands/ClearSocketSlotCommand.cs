using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Clear-SocketSlot: takes the seats of slots from their members; what flow tables keep for them counts no more.</summary>
[Cmdlet(VerbsCommon.Clear, "SocketSlot", SupportsShouldProcess = true)]
[OutputType(typeof(SocketSlotChange), typeof(SteeringChangePreview))]
public sealed class ClearSocketSlotCommand : SlotCmdlet
{
    private protected override void Act(IReuseportBackend backend, ManagedGroup group, EquatableArray<SlotItem> slots)
    {
        if (Confirm(backend, group, group.PlanClear(slots)))
        {
            WriteObject(new SocketSlotChange(group, group.ClearSlots(slots, Force)));
        }
    }

    private protected override bool EmptiesSlot(SlotPlan plan, int slot) => plan.Slots.Contains(slot);
}
