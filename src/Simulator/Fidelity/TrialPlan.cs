using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>Draws the rounds of a trial. The same seed, numbers and CPUs give the same rounds everywhere.</summary>
internal sealed class TrialPlan(int flowCount, int policyCount, ulong seed, IReadOnlyList<int> cpus)
{
    private const int PoliciesPerOtherRound = 10;

    /// <summary>Rounds: one for each policy, and for every ten policies one of each other kind.</summary>
    public int RoundCount { get; } = policyCount + (2 * OtherRounds(policyCount));

    /// <summary>Fewest flows that leave no round without one.</summary>
    public static int FewestFlows(int policyCount) => policyCount + (2 * OtherRounds(policyCount));

    /// <summary>The rounds; each is drawn from a stream of its own.</summary>
    public IEnumerable<TrialRound> Rounds()
    {
        int others = OtherRounds(policyCount);
        int flowsLeft = flowCount;
        for (int number = 0; number < RoundCount; number++)
        {
            TrialSelection selection = number < others ? TrialSelection.Hash : number < 2 * others ? TrialSelection.IncomingCpu : TrialSelection.Policy;
            int flows = flowsLeft / (RoundCount - number);
            flowsLeft -= flows;
            yield return new Draw(Xoshiro256.ForStream(seed, RandomStream.Trials + (ulong)number), cpus).Round(selection, number - (2 * others) + 1, flows);
        }
    }

    private static int OtherRounds(int policyCount) => Math.Max(1, (policyCount + PoliciesPerOtherRound - 1) / PoliciesPerOtherRound);

    private sealed class Draw(Xoshiro256 random, IReadOnlyList<int> cpus)
    {
        private const int FlowsPerStep = 48;
        private const uint MappedPrefix = 0xffff;

        private static readonly Shape[] s_shapes = Enum.GetValues<Shape>();

        private readonly ushort _port = (ushort)(1024 + random.NextBelow(60000u));
        private readonly UInt128[] _specific4 = [FlowPools.Address(random, IpFamily.V4), FlowPools.Address(random, IpFamily.V4)];
        private readonly UInt128 _specific6 = FlowPools.Address(random, IpFamily.V6);
        private bool _sendsCookies;

        /// <summary>What the members of a group are bound to.</summary>
        private enum Shape
        {
            Any4,
            First4,
            Second4,
            Dual,
            Only6,
            Specific6,
            Mapped4,
        }

        public TrialRound Round(TrialSelection selection, int policyNumber, int flowCount)
        {
            TransportProtocol[] protocols = random.NextBelow(3u) switch
            {
                0 => [TransportProtocol.Udp],
                1 => [TransportProtocol.Tcp],
                _ => [TransportProtocol.Udp, TransportProtocol.Tcp],
            };
            ImmutableArray<TrialGroup> groups = [.. protocols.SelectMany(protocol => Shapes().Select(shape => Group(protocol, shape, selection)))];
            int slotCount = groups.Max(group => group.IncomingCpus.Length);
            SteeringPolicy? policy = selection == TrialSelection.Policy ? RandomPolicy.Create(random, slotCount, $"random {policyNumber}") : null;
            _sendsCookies = policy is { LooksUpCookies: true };
            return new TrialRound(
                selection,
                policy,
                [.. Enumerable.Range(0, slotCount).Select(_ => (random.NextBelow(5u), Below(6) > 0))],
                groups,
                [.. Steps(groups, slotCount, flowCount)]);
        }

        /// <summary>One to three kinds of groups; two of the same address would be one.</summary>
        private HashSet<Shape> Shapes()
        {
            int count = 1 + Below(3);
            HashSet<Shape> chosen = [];
            while (chosen.Count < count)
            {
                Shape shape = s_shapes[Below(s_shapes.Length)];
                if (shape != Shape.Second4 || _specific4[0] != _specific4[1])
                {
                    chosen.Add(shape);
                }
            }

            return chosen;
        }

        private TrialGroup Group(TransportProtocol protocol, Shape shape, TrialSelection selection)
        {
            int size = Below(20) switch
            {
                < 8 => 1 + Below(4),
                < 16 => 5 + Below(12),
                < 19 => 17 + Below(48),
                _ => 129 + Below(70),
            };
            bool wantsCpus = selection == TrialSelection.IncomingCpu || (selection == TrialSelection.Policy && Below(4) == 0);
            UInt128 address = shape switch
            {
                Shape.First4 => _specific4[0],
                Shape.Second4 => _specific4[1],
                Shape.Specific6 => _specific6,
                Shape.Mapped4 => ((UInt128)MappedPrefix << 32) | _specific4[0],
                _ => 0,
            };
            IpFamily family = shape is Shape.Any4 or Shape.First4 or Shape.Second4 ? IpFamily.V4 : IpFamily.V6;
            return new TrialGroup(
                protocol, new IPEndPoint(FlowKey.ToAddress(family, address), _port), shape == Shape.Only6,
                [.. Enumerable.Range(0, size).Select(_ => wantsCpus && Below(2) == 0 ? cpus[Below(cpus.Count)] : -1)]);
        }

        private IEnumerable<TrialStep> Steps(ImmutableArray<TrialGroup> groups, int slotCount, int flowCount)
        {
            ImmutableArray<TrialGroup> listeners = [.. groups.Where(group => group.Protocol == TransportProtocol.Tcp)];
            List<TrialFlow> before = [];
            for (int done = 0; done < flowCount; done += FlowsPerStep)
            {
                int changes = done == 0 ? 0 : Below(4);
                ImmutableArray<TrialFlow> flows = [.. Enumerable.Range(0, Math.Min(FlowsPerStep, flowCount - done)).Select(_ =>
                {
                    // What a flow table knows is sent again.
                    TrialFlow flow = before.Count > 0 && Below(4) == 0 ? before[Below(before.Count)] : Flow(groups[Below(groups.Length)]);
                    before.Add(flow);
                    return flow;
                })];
                bool stops = !listeners.IsEmpty && Below(2) == 0;
                yield return new TrialStep(
                    cpus[Below(cpus.Count)],
                    Members(groups, changes),
                    Below(3) == 0 ? RandomPolicy.States(random, slotCount) : null,
                    flows,
                    stops ? [.. Enumerable.Range(0, 1 + Below(6)).Select(_ => Flow(listeners[Below(listeners.Length)]))] : [],
                    stops ? Members(groups, 1 + Below(groups.Sum(group => group.IncomingCpus.Length))) : []);
            }
        }

        private ImmutableArray<(int Group, int Slot)> Members(ImmutableArray<TrialGroup> groups, int count) =>
            [.. Enumerable.Range(0, count).Select(_ => Below(groups.Length)).Select(group => (group, Below(groups[group].IncomingCpus.Length))).Distinct()];

        private TrialFlow Flow(TrialGroup group)
        {
            bool isAny = group.EndPoint.Address.Equals(IPAddress.Any) || group.EndPoint.Address.Equals(IPAddress.IPv6Any);
            bool isMapped = group.EndPoint.Address.IsIPv4MappedToIPv6;
            IpFamily family = isMapped || (isAny && group.Family == IpFamily.V6 && !group.V6Only && Below(2) == 0) ? IpFamily.V4 : group.Family;

            // Mostly to the group, whatever its address; now and then to where perhaps nobody listens.
            UInt128 destination = isAny || Below(20) == 0 ? FlowPools.Address(random, family)
                : isMapped ? _specific4[0]
                : FlowKey.ToNumber(group.EndPoint.Address);
            FlowKey flow = new(family, group.Protocol, FlowPools.Address(random, family), destination, FlowPools.Port(random), _port);
            return group.Protocol == TransportProtocol.Udp
                ? Datagram(flow, group.IncomingCpus.Length)
                : new TrialFlow(new FlowOpening(flow, []));
        }

        /// <summary>A datagram of any bytes, or one that looks like QUIC; now and then a train of them, or one that is sent in fragments.</summary>
        private TrialFlow Datagram(FlowKey flow, int slotCount)
        {
            if (Below(64) == 0 && flow.Family == IpFamily.V6)
            {
                return new TrialFlow(new FlowOpening(flow, [.. Enumerable.Range(0, 65500).Select(i => i == 0 ? (byte)0x40 : (byte)(i % 3))]));
            }

            int shape = Below(5);
            byte[] payload = new byte[shape < 2 ? Below(65) : 21 + Below(20)];
            random.Fill(payload);
            int idAt = shape < 4 ? 1 : 6;
            if (shape >= 2)
            {
                payload[0] = (byte)(shape < 4 ? payload[0] & 0x7f : 0xc0 | (Below(4) << 4));
                if (shape == 4)
                {
                    BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(1), FlowPools.Pick(random, 1u, 1u, 0x6b3343cfu, 0xff00001du));
                    payload[5] = FlowPools.Pick<byte>(random, 8, 8, 20, 0, 4);
                }

                for (int i = idAt; i < payload.Length; i++)
                {
                    payload[i] = FlowPools.IdByte(random);
                }
            }

            bool hasCookie = _sendsCookies && shape >= 2 && Below(2) == 0;
            return new TrialFlow(
                new FlowOpening(flow, [.. payload]), payload.Length > 0 && Below(8) == 0 ? 1 + Below(payload.Length) : 0,
                hasCookie ? idAt : -1, hasCookie ? Below(slotCount) : -1);
        }

        private int Below(int bound) => (int)random.NextBelow((uint)bound);
    }
}
