using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>Applies one policy on two backends, opens the same flows on both, and compares where each arrives.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="SlotCount">Slots: sockets for each protocol and port that the flows go to.</param>
/// <param name="Flows">The flows, in order.</param>
public sealed record FidelityRun(SteeringPolicy Policy, int SlotCount, IReadOnlyList<FlowOpening> Flows)
{
    /// <summary>Runs it, with wildcard members for each protocol and port of the flows.</summary>
    /// <param name="predicting">The backend that predicts (the simulator), and a private namespace of it with nothing in it.</param>
    /// <param name="arriving">The backend that is compared with it (the kernel), likewise.</param>
    /// <param name="predictsHash">For which protocols and families the first has the hash secrets of the second: only there the kernel's own choice is compared.</param>
    /// <param name="progress">Told the number of flows done.</param>
    /// <param name="cancellation">Stops between two flows.</param>
    /// <exception cref="DiagnosticException">The policy does not fit, or a backend refused; nothing stays behind.</exception>
    public FidelityResult Run(
        (IReuseportBackend Backend, INetworkNamespace Network) predicting, (IReuseportBackend Backend, INetworkNamespace Network) arriving,
        Func<TransportProtocol, IpFamily, bool> predictsHash, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        using Side prediction = new(predicting.Backend, predicting.Network, this);
        using Side arrival = new(arriving.Backend, arriving.Network, this);
        Dictionary<int, (int Predicted, int Arrived)> slots = Enumerable.Range(0, SlotCount).ToDictionary(slot => slot, _ => (0, 0));
        ImmutableArray<FidelityDifference>.Builder differences = ImmutableArray.CreateBuilder<FidelityDifference>();
        int compared = 0;
        int leftToKernel = 0;
        int notSent = 0;
        int lost = 0;
        for (int index = 0; index < Flows.Count; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(index);
            FlowOpening opening = Flows[index];
            if (!HasPort(opening))
            {
                notSent++;
                continue;
            }

            FlowArrival arrived = arrival.Open(opening);
            if (arrived.Kind == ArrivalKind.NotSent)
            {
                notSent++;
                continue;
            }

            FlowArrival predicted = prediction.Open(opening);
            if (prediction.LastWasLeftToKernel && arrived.Kind == ArrivalKind.Slot && !predictsHash(opening.Flow.Protocol, opening.Flow.Family))
            {
                leftToKernel++;
                continue;
            }

            // Agreement that nothing arrived is no agreement about the policy.
            if (predicted.Kind == ArrivalKind.Lost && arrived.Kind == ArrivalKind.Lost)
            {
                lost++;
                continue;
            }

            compared++;
            Count(slots, predicted, (count) => (count.Predicted + 1, count.Arrived));
            Count(slots, arrived, (count) => (count.Predicted, count.Arrived + 1));
            if (predicted != arrived)
            {
                differences.Add(new FidelityDifference(opening, predicted, arrived));
            }
        }

        progress?.Invoke(Flows.Count);
        return new FidelityResult(
            compared, leftToKernel, notSent, lost,
            [.. slots.OrderBy(slot => slot.Key).Select(slot => new FidelitySlot(slot.Key, slot.Value.Predicted, slot.Value.Arrived))],
            differences.ToImmutable());
    }

    // Port 0 in a capture names no service that could be opened.
    private static bool HasPort(FlowOpening opening) => opening.Flow.DestinationPort != 0;

    private static void Count(
        Dictionary<int, (int Predicted, int Arrived)> slots, FlowArrival arrival,
        Func<(int Predicted, int Arrived), (int Predicted, int Arrived)> add)
    {
        if (arrival.Kind is ArrivalKind.Slot or ArrivalKind.Rejected)
        {
            slots[arrival.Slot] = add(slots.GetValueOrDefault(arrival.Slot));
        }
    }

    /// <summary>One backend's half: a group for each protocol and port, with the policy applied.</summary>
    private sealed class Side : IDisposable
    {
        private readonly INetworkNamespace _namespace;
        private readonly GroupCatalog _groups;
        private readonly Dictionary<(TransportProtocol, ushort), Target> _targets = [];

        public Side(IReuseportBackend backend, INetworkNamespace network, FidelityRun run)
        {
            _namespace = network;

            // Groups with own sockets are not pinned, so their policy is never written as text.
            _groups = new GroupCatalog(backend, new PolicyText(policy => policy.Name, _ => throw new NotSupportedException()));
            try
            {
                // A dual-stack member takes both families; without IPv6 flows plain IPv4 members do on a host that has no IPv6.
                IPAddress address = run.Flows.Any(flow => flow.Flow.Family == IpFamily.V6) ? IPAddress.IPv6Any : IPAddress.Any;
                foreach ((TransportProtocol Protocol, ushort Port) target in run.Flows.Where(HasPort).Select(TargetOf).Distinct().Order())
                {
                    ManagedGroup group = _groups.Open(new GroupOpenRequest(
                        $"fidelity-{target.Protocol}-{target.Port}", [target.Protocol], [address], target.Port, run.SlotCount, _namespace));
                    group.Apply(run.Policy);
                    _targets.Add(target, new Target(group, new FlowExperiment(backend, group, _namespace)));
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        /// <summary>Whether the policy left the last flow to the kernel's own choice.</summary>
        public bool LastWasLeftToKernel { get; private set; }

        public FlowArrival Open(FlowOpening opening)
        {
            Target target = _targets[TargetOf(opening)];
            ulong before = target.LeftToKernel;
            FlowArrival arrival = target.Experiment.Open(opening);
            LastWasLeftToKernel = target.LeftToKernel != before;
            return arrival;
        }

        public void Dispose() => _groups.Dispose();

        private static (TransportProtocol Protocol, ushort Port) TargetOf(FlowOpening opening) =>
            (opening.Flow.Protocol, opening.Flow.DestinationPort);
    }

    private sealed record Target(ManagedGroup Group, FlowExperiment Experiment)
    {
        public ulong LeftToKernel => Group.ReadCounters().Single(counter => counter.Kind == CounterKind.Kernel).Value;
    }
}
