using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Resume-SocketSlot: slots get new flows again.</summary>
[Cmdlet(VerbsLifecycle.Resume, "SocketSlot", SupportsShouldProcess = true)]
[OutputType(typeof(SocketSlotChange), typeof(SteeringChangePreview))]
public sealed class ResumeSocketSlotCommand : SlotCmdlet
{
    private protected override void Act(IReuseportBackend backend, ManagedGroup group, EquatableArray<SlotItem> slots) =>
        Change(backend, group, new SlotChange(slots) { State = SlotState.Active });
}
