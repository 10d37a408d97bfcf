using System.Globalization;
using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>A cmdlet that gives groups another policy, with what is in the way of it told first, and kept.</summary>
public abstract class PolicyCmdlet : GroupCmdlet
{
    /// <summary>Replaces even a program that is not ours.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Applies a policy, once that is confirmed, and writes what it did. With -WhatIf it is previewed instead.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="group">The group.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="trace">A trace to preview it over, beside the live connections and the flows of flow tables.</param>
    /// <param name="confirmWithin">The time after which it is taken back unless it is confirmed, or null.</param>
    private protected void SetPolicy(IReuseportBackend backend, ManagedGroup group, SteeringPolicy policy, PacketTrace? trace = null, TimeSpan? confirmWithin = null)
    {
        WarnOfForeign(group);
        PolicyPlan plan = group.Plan(policy, confirmWithin);
        if (Confirm(group, $"policy '{policy.Name}' ({plan.Change})", plan.Steps, out ShouldProcessReason reason))
        {
            plan = group.Apply(policy, Force, confirmWithin);
            foreach (FlowTable table in plan.FlowTables.Where(table => !table.IsKept))
            {
                WriteWarning(table.ToString());
            }

            WriteObject(new SteeringPolicyChange(group.Name, group.Backend.Kind, policy.Name, plan.Change, plan.Compiled.Program.InstructionSlots)
            {
                FlowTable = plan.FlowTables,
                State = group.State,
                TimeLeft = group.TimeLeft,
            });
        }
        else if (reason == ShouldProcessReason.WhatIf)
        {
            WritePreviews(backend, group, plan, trace);
        }
    }

    /// <summary>Says what -Force will replace, and whether it can be put back. Once it is replaced it is too late for that.</summary>
    private protected void WarnOfForeign(ManagedGroup group)
    {
        if (Force)
        {
            foreach ((KernelGroupKey kernelGroup, Attachment attachment) in group.FindForeign())
            {
                WriteWarning($"{kernelGroup} has {ForeignProgram.Describe(attachment)}. {ForeignProgram.Loss(group.Name, attachment)}");
            }
        }
    }

    /// <summary>Offers what is kept of programs of others.</summary>
    private protected void OfferReplaced(ManagedGroup group)
    {
        if (!group.Replaced.IsEmpty)
        {
            WriteWarning($"{TextOfReplaced(group)}, which -Force replaced, is kept: Restore-SteeringPolicy {group.Name} -Foreign puts it back.");
        }
    }

    private protected static string TextOfReplaced(ManagedGroup group) => string.Join(
        ", ", group.Replaced.Select(replaced => string.Create(CultureInfo.InvariantCulture, $"Program {replaced.ProgramId} of {replaced.KernelGroup}")));

    /// <summary>Asks whether to apply something.</summary>
    private protected bool Confirm(ManagedGroup group, string what, IReadOnlyList<string> steps, out ShouldProcessReason reason)
    {
        foreach (string step in steps)
        {
            WriteVerbose(step);
        }

        return ShouldChange(group, $"Apply {what}: {string.Join(' ', steps)}", out reason);
    }

    private void WritePreviews(IReuseportBackend backend, ManagedGroup group, PolicyPlan plan, PacketTrace? trace)
    {
        foreach (IPacketSource source in LiveTraces.Of(backend, group, trace))
        {
            using TraceCmdletProgress progress = new(this, $"Previewing policy '{plan.Policy.Name}'", source.Description);
            WriteObject(ChangePreview.Of(group, plan, source, progress.Report, StopToken));
        }
    }
}
