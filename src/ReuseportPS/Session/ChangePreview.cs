using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Session;

/// <summary>Previews a change of a group's policy.</summary>
internal static class ChangePreview
{
    /// <summary>What the plan would change for the packets of a trace. A group without a policy of ours leaves every packet to the kernel.</summary>
    /// <param name="group">The group.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="trace">The trace.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="changes">What of the policy's slots is different, for the name of the side after the change; null for another policy.</param>
    /// <param name="emptied">By slot, whether its seats are emptied; null for none.</param>
    public static SteeringChangePreview Of(
        ManagedGroup group, PolicyPlan plan, IPacketSource trace, Action<double?> progress, CancellationToken cancellation, string? changes = null, bool[]? emptied = null)
    {
        PreviewGroup seats = PreviewGroups.Of(group);
        PreviewGroup left = seats with
        {
            Occupied = [.. seats.Occupied.Select((taken, slot) => taken && emptied?[slot] != true)],
            States = plan.States,
            Memory = group.ReadMemoryFor(plan.Policy, plan.Compiled),
        };
        SteeringPolicy kernel = new() { Name = "the kernel's choice", Otherwise = new SteerAction(new KernelBalancer()) };
        ComparedSide before = new(
            group.Policy?.Name ?? kernel.Name, group.Compiled ?? PolicyCompiler.Compile(kernel, group.SlotCount).Compiled!, seats with { Memory = group.ReadMemory() });
        ComparedSide after = new(string.IsNullOrEmpty(changes) ? plan.Policy.Name : $"{plan.Policy.Name}, {changes}", plan.Compiled, left);
        SteeringComparison change = new PolicyComparer(before, after).Compare(trace, progress, cancellation);
        SteeringMeasurement shares = new PolicyPreview(plan.Compiled, left, after.Name, source: plan.Policy).Measure(
            trace, fraction => progress(fraction), cancellation);
        return new SteeringChangePreview(group.Name, trace.Description, shares, change);
    }
}
