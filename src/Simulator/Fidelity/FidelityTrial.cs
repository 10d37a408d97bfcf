using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>
/// Opens random flows towards random groups, on the simulator and on another host, and compares who gets each: through random policies, by the
/// kernel's own hash, and with SO_INCOMING_CPU; UDP and TCP, IPv4, IPv6 and both, wildcard and specific addresses side by side, members that
/// are closed and opened again in between, states of slots that change, trains and fragments, connections whose listener stops. What the programs
/// count and sample is compared too. Random numbers are the same on both (<see cref="FixedNumbers"/>), and no time that a policy names passes in a round.
/// </summary>
public sealed class FidelityTrial
{
    private const string UnknownSecrets = "the host's hash secrets for it could not be read";
    private const string NotSent = "it could not be sent from here, on either host";

    private const string OtherWays = "counters and samples of a round with connections that went elsewhere, or may have";
    private const string Unchosen = "the secrets of the hash that may choose after a listener stopped are not known";
    private const long Morning = 1_000_000_000_000;

    private readonly TrialPlan _plan;
    private readonly int _flowCount;
    private readonly int _policyCount;
    private readonly ulong _seed;

    /// <summary>A trial.</summary>
    /// <param name="flowCount">Flows; at least <see cref="FewestFlows"/>.</param>
    /// <param name="policyCount">Random policies. For every ten there is a round with the hash and one with SO_INCOMING_CPU.</param>
    /// <param name="seed">Seed of what is drawn.</param>
    /// <param name="cpus">CPUs that packets are sent on, the same on both hosts.</param>
    public FidelityTrial(int flowCount, int policyCount, ulong seed, IReadOnlyList<int> cpus)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(policyCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(flowCount, FewestFlows(policyCount));
        (_flowCount, _policyCount, _seed) = (flowCount, policyCount, seed);
        _plan = new TrialPlan(flowCount, policyCount, seed, cpus);
    }

    /// <summary>One flow for every round.</summary>
    public static int FewestFlows(int policyCount) => TrialPlan.FewestFlows(policyCount);

    /// <summary>Runs it.</summary>
    /// <param name="simulator">The simulator, with the other host's secrets as far as they are known.</param>
    /// <param name="simulated">A namespace of it with nothing in it.</param>
    /// <param name="host">The other host.</param>
    /// <param name="network">A private namespace of it with nothing in it.</param>
    /// <param name="hostClock">CLOCK_MONOTONIC of the other host in nanoseconds.</param>
    /// <param name="predictsHash">For which protocols and families the simulator has the host's secrets.</param>
    /// <param name="progress">Told the number of flows done.</param>
    /// <param name="cancellation">Stops between two steps; nothing stays open.</param>
    /// <exception cref="BackendException">A host refused to open a group or to load a policy.</exception>
    public TrialResult Run(
        SimulatorBackend simulator, SimulatedNamespace simulated, IReuseportBackend host, INetworkNamespace network, Func<ulong> hostClock,
        Func<TransportProtocol, IpFamily, bool> predictsHash, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Tally tally = new(predictsHash, digest);
        simulator.Nanoseconds = Math.Max(simulator.Nanoseconds, Morning);
        int number = 0;
        foreach (TrialRound round in _plan.Rounds())
        {
            PolicyCompilation? compilation = round.Policy is null ? null : PolicyCompiler.Compile(round.Policy, round.SlotCount);
            CompiledPolicy? policy = compilation is null ? null : FixedNumbers.In(
                compilation.Compiled ?? throw new InvalidOperationException($"The random policy of round {number} does not compile: seed {_seed}. {string.Join(" ", compilation.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error))}"),
                Xoshiro256.ForStream(_seed, RandomStream.Trials + (ulong)number));
            using TrialHost prediction = new(simulator, simulated, round, policy, (ulong)simulator.Nanoseconds);
            using TrialHost arrival = new(host, network, round, policy, hostClock());
            tally.Begin(number, round);
            foreach (TrialStep step in round.Steps)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(tally.FlowCount);
                ulong before = hostClock();
                simulator.RunOn(step.Cpu, simulated, () => host.RunOn(step.Cpu, network, () => Run(step, prediction, arrival, simulated, tally)));
                tally.AddSamples(step, prediction.TakeSamples(), arrival.TakeSamples(), before, hostClock());
            }

            tally.AddCounters(prediction.Counters(), arrival.Counters());
            if (arrival.FindLeftover() is string group)
            {
                tally.AddLeftover(group);
            }

            number++;
        }

        progress?.Invoke(tally.FlowCount);
        return tally.ToResult(_policyCount, _seed);
    }

    private static void Run(TrialStep step, TrialHost prediction, TrialHost arrival, SimulatedNamespace simulated, Tally tally)
    {
        Toggle(step.Changes);
        if (step.States is not null || !step.Changes.IsEmpty)
        {
            prediction.Change(step.States);
            arrival.Change(step.States);
        }

        foreach (TrialFlow flow in step.Flows)
        {
            TrialVerdict predicted = prediction.Open(flow, null);
            DecisionKind kind = simulated.LastDecision.Kind;
            tally.Add(step, flow, predicted, arrival.Open(flow, predicted), kind);
        }

        foreach (TrialFlow flow in step.Waiting)
        {
            tally.AddLeft(step, flow, prediction.Leave(flow), arrival.Leave(flow));
        }

        Toggle(step.Stopping);
        foreach (((TrialFlow flow, TrialVerdict predicted), (_, TrialVerdict arrived)) in prediction.Collect().Zip(arrival.Collect()))
        {
            tally.AddStopped(step, flow, predicted, arrived);
        }

        void Toggle(ImmutableArray<(int Group, int Slot)> members)
        {
            foreach ((int group, int slot) in members)
            {
                prediction.Toggle(group, slot);
                arrival.Toggle(group, slot);
            }
        }
    }

    private sealed class Tally(Func<TransportProtocol, IpFamily, bool> predictsHash, IncrementalHash digest)
    {
        private readonly SortedDictionary<string, int> _notCompared = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, int> _compared = new(StringComparer.Ordinal);
        private readonly ImmutableArray<TrialDifference>.Builder _differences = ImmutableArray.CreateBuilder<TrialDifference>();

        private int _number;
        private TrialRound _round = null!;
        private int _countersCompared;
        private int _samplesCompared;
        private bool _wentElsewhere;

        public int FlowCount { get; private set; }

        public void Begin(int number, TrialRound round) => (_number, _round, _wentElsewhere) = (number, round, false);

        public void Add(TrialStep step, TrialFlow flow, TrialVerdict predicted, TrialVerdict arrived, DecisionKind kind)
        {
            FlowCount++;
            digest.AppendData(Encoding.UTF8.GetBytes($"{flow.Flow} {predicted}\n"));
            bool byHash = kind is DecisionKind.Hash or DecisionKind.ProgramFallback;
            string? reason = !predicted.WasSent && predicted == arrived ? NotSent
                : byHash && predicted.Group is not null && arrived.Group is not null && !predictsHash(flow.Flow.Protocol, flow.Flow.Family) ? UnknownSecrets
                : null;
            Compare(step.Cpu, $"{flow}", predicted, arrived, !predicted.WasSent ? "it cannot be sent" : WordsOf(kind), reason);
        }

        /// <summary>A connection that nobody accepts yet: null for one that waits.</summary>
        public void AddLeft(TrialStep step, TrialFlow flow, TrialVerdict? predicted, TrialVerdict? arrived)
        {
            if (predicted != arrived)
            {
                TrialVerdict waits = new("a queue");
                Compare(step.Cpu, $"{flow}", predicted ?? waits, arrived ?? waits, "it waits to be accepted", null);
            }
        }

        /// <summary>Who has a connection after listeners stopped.</summary>
        public void AddStopped(TrialStep step, TrialFlow flow, TrialVerdict predicted, TrialVerdict arrived)
        {
            digest.AppendData(Encoding.UTF8.GetBytes($"{flow.Flow} {predicted}\n"));
            bool isKnown = predictsHash(flow.Flow.Protocol, flow.Flow.Family);
            _wentElsewhere |= !isKnown;
            Compare(step.Cpu, $"{flow}", predicted, arrived, "it waited while listeners stopped: the program or the hash chooses", isKnown ? null : Unchosen);
        }

        public void AddSamples(TrialStep step, ImmutableArray<DecisionSample> predicted, ImmutableArray<DecisionSample> arrived, ulong earliest, ulong latest)
        {
            if (_wentElsewhere)
            {
                return;
            }

            _samplesCompared += predicted.Length;
            for (int i = 0; i < Math.Max(predicted.Length, arrived.Length); i++)
            {
                DecisionSample? expected = i < predicted.Length ? predicted[i] with { Time = 0 } : null;
                DecisionSample? actual = i < arrived.Length ? arrived[i] with { Time = arrived[i].Time >= earliest && arrived[i].Time <= latest ? 0 : arrived[i].Time } : null;
                if (expected != actual)
                {
                    Differ(step.Cpu, $"sample {i} of {predicted.Length}", new TrialVerdict($"{expected}"), new TrialVerdict($"{actual}"), "the program samples");
                    return;
                }
            }
        }

        public void AddCounters(ImmutableArray<(string Counter, ulong Value)> predicted, ImmutableArray<(string Counter, ulong Value)> arrived)
        {
            if (_wentElsewhere)
            {
                Count(_notCompared, OtherWays);
                return;
            }

            _countersCompared += predicted.Length;
            foreach (((string counter, ulong expected), (_, ulong actual)) in predicted.Zip(arrived).Where(pair => pair.First.Value != pair.Second.Value))
            {
                Differ(-1, $"counter {counter}", new TrialVerdict($"{expected}"), new TrialVerdict($"{actual}"), "the program counts");
            }
        }

        public void AddLeftover(string group) => Differ(-1, "at the end of the round", TrialVerdict.Nobody, new TrialVerdict(group), "every flow was taken");

        private void Compare(int cpu, string what, TrialVerdict predicted, TrialVerdict arrived, string why, string? notCompared)
        {
            if (notCompared is not null)
            {
                Count(_notCompared, notCompared);
                return;
            }

            Count(_compared, why);
            if (predicted != arrived)
            {
                _wentElsewhere = true;
                Differ(cpu, what, predicted, arrived, why);
            }
        }

        private void Differ(int cpu, string what, TrialVerdict predicted, TrialVerdict arrived, string why) =>
            _differences.Add(new TrialDifference(_number, _round.Selection, _round.Policy?.Name, what, cpu, predicted, arrived, why));

        public TrialResult ToResult(int policyCount, ulong seed) => new()
        {
            FlowCount = FlowCount,
            PolicyCount = policyCount,
            Seed = seed,
            ComparedCount = _compared.Values.Sum(),
            ComparedCounterCount = _countersCompared,
            ComparedSampleCount = _samplesCompared,
            ComparedByReason = _compared.ToImmutableSortedDictionary(StringComparer.Ordinal),
            NotCompared = _notCompared.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Differences = _differences.ToImmutable(),
            PredictionDigest = Convert.ToHexStringLower(digest.GetHashAndReset()),
        };

        private static string WordsOf(DecisionKind kind) => kind switch
        {
            DecisionKind.Program => "the program selects",
            DecisionKind.ProgramReject => "the program rejects",
            DecisionKind.ProgramFallback => "the program leaves it to the hash",
            DecisionKind.Hash => "the hash chooses",
            DecisionKind.NoSocket => "nobody listens",
            _ => kind.ToString(),
        };

        private static void Count(SortedDictionary<string, int> counts, string of) => counts[of] = counts.GetValueOrDefault(of) + 1;
    }
}
