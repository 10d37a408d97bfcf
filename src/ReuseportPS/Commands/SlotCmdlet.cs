using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>
/// A cmdlet that changes slots of groups. What comes through the pipeline is collected, and each group changed once, at the end: one switch for all its slots,
/// so that no two slots are half changed, and all of them cannot be drained one by one.
/// </summary>
public abstract class SlotCmdlet : GroupCmdlet
{
    private readonly List<(string Group, BackendKind? Backend, List<SlotItem> Slots)> _groups = [];

    /// <summary>Slots: numbers, ranges such as 0-3, names that the group's policy gives, or objects of Get-SocketSlot.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [SlotItemTransformation]
    [ValidateNotNullOrEmpty]
    public SlotItem[] Slot { get; set; } = [];

    /// <summary>With -WhatIf, a trace to preview the change over, beside the live connections and the flows of flow tables.</summary>
    [Parameter]
    public PacketTrace? Trace { get; set; }

    /// <summary>Acts even where a program is attached that is not ours, and replaces it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        int known = _groups.FindIndex(group => group.Group == Group && group.Backend == Backend);
        if (known < 0)
        {
            known = _groups.Count;
            _groups.Add((Group, Backend, []));
        }

        _groups[known].Slots.AddRange(Slot.Where(slot => !_groups[known].Slots.Contains(slot)));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach ((string name, BackendKind? backend, List<SlotItem> slots) in _groups)
        {
            (Group, Backend) = (name, backend);
            GroupCatalog groups = GroupsToChange();
            WithGroup(groups, group => Act(groups.Backend, group, slots.ToEquatableArray()));
        }
    }

    /// <summary>Changes slots of one group.</summary>
    private protected abstract void Act(IReuseportBackend backend, ManagedGroup group, EquatableArray<SlotItem> slots);

    /// <summary>Changes weights, states or loads, once that is confirmed, and writes what it did.</summary>
    private protected void Change(IReuseportBackend backend, ManagedGroup group, SlotChange change)
    {
        if (Confirm(backend, group, group.PlanSlots(change)))
        {
            WriteObject(new SocketSlotChange(group, group.Change(change, Force)));
        }
    }

    /// <summary>Whether to go on with a plan. With -WhatIf it is previewed instead.</summary>
    private protected bool Confirm(IReuseportBackend backend, ManagedGroup group, SlotPlan plan)
    {
        foreach (string note in plan.Notes)
        {
            WriteWarning(note);
        }

        string what = plan.Deltas.IsEmpty ? "Change nothing: it is so already" : $"Change {string.Join(", ", plan.Deltas)}";
        if (ShouldChange(group, what, out ShouldProcessReason reason))
        {
            return true;
        }

        if (reason == ShouldProcessReason.WhatIf && group.Policy is not null)
        {
            WritePreviews(backend, group, plan);
        }

        return false;
    }

    private void WritePreviews(IReuseportBackend backend, ManagedGroup group, SlotPlan plan)
    {
        bool[] emptied = [.. Enumerable.Range(0, group.SlotCount).Select(slot => EmptiesSlot(plan, slot))];
        foreach (IPacketSource source in LiveTraces.Of(backend, group, Trace))
        {
            using TraceCmdletProgress progress = new(this, $"Previewing slots of '{group.Name}'", source.Description);
            WriteObject(ChangePreview.Of(group, plan.Policy, source, progress.Report, StopToken, string.Join(", ", plan.Deltas), emptied));
        }
    }

    /// <summary>Whether a plan empties the last seat of a slot.</summary>
    private protected virtual bool EmptiesSlot(SlotPlan plan, int slot) => false;
}
