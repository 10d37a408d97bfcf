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
    public static SteeringChangePreview Of(ManagedGroup group, PolicyPlan plan, IPacketSource trace, Action<double?> progress, CancellationToken cancellation)
    {
        PreviewGroup seats = PreviewGroups.Of(group);
        SteeringPolicy kernel = new() { Name = "the kernel's choice", Otherwise = new SteerAction(new KernelBalancer()) };
        ComparedSide before = new(
            group.Policy?.Name ?? kernel.Name, group.Compiled ?? PolicyCompiler.Compile(kernel, group.SlotCount).Compiled!, seats);
        ComparedSide after = new(plan.Policy.Name, plan.Compiled, seats);
        SteeringComparison change = new PolicyComparer(before, after).Compare(trace, progress, cancellation);
        SteeringMeasurement shares = new PolicyPreview(plan.Compiled, seats, plan.Policy.Name, source: plan.Policy).Measure(
            trace, fraction => progress(fraction), cancellation);
        return new SteeringChangePreview(group.Name, trace.Description, shares, change);
    }
}
