using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>
/// Opens random flows towards random groups, on the simulator and on another host, and compares who gets each: through random policies, by the
/// kernel's own hash, and with SO_INCOMING_CPU; UDP and TCP, IPv4, IPv6 and both, wildcard and specific addresses side by side, members that
/// are closed and opened again in between.
/// </summary>
public sealed class FidelityTrial
{
    private const string DrawsRandomly = "the program draws random numbers or reads the clock, which the host does not tell";
    private const string UnknownSecrets = "the host's hash secrets for it could not be read";
    private const string NotSent = "it could not be sent from here, on either host";

    private static readonly int[] s_unpredictable =
    [
        HelperId.GetPrandomU32, HelperId.KtimeGetNanoseconds, HelperId.KtimeGetBootNanoseconds, HelperId.KtimeGetCoarseNanoseconds,
        HelperId.KtimeGetTaiNanoseconds, HelperId.Jiffies64,
    ];

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
    /// <param name="predictsHash">For which protocols and families the simulator has the host's secrets.</param>
    /// <param name="progress">Told the number of flows done.</param>
    /// <param name="cancellation">Stops between two steps; nothing stays open.</param>
    /// <exception cref="BackendException">A host refused to open a group or to load a policy.</exception>
    public TrialResult Run(
        SimulatorBackend simulator, SimulatedNamespace simulated, IReuseportBackend host, INetworkNamespace network,
        Func<TransportProtocol, IpFamily, bool> predictsHash, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Tally tally = new(predictsHash, digest);
        int number = 0;
        foreach (TrialRound round in _plan.Rounds())
        {
            PolicyCompilation? compilation = round.Policy is null ? null : PolicyCompiler.Compile(round.Policy, round.SlotCount);
            CompiledPolicy? policy = compilation is null ? null : compilation.Compiled
                ?? throw new InvalidOperationException($"The random policy of round {number} does not compile: seed {_seed}. {string.Join(" ", compilation.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error))}");
            bool unpredictable = policy is not null && policy.Program.Instructions.Any(CallsUnpredictable);
            using TrialHost prediction = new(simulator, simulated, round, policy);
            using TrialHost arrival = new(host, network, round, policy);
            foreach (TrialStep step in round.Steps)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(tally.FlowCount);
                simulator.RunOn(step.Cpu, simulated, () => host.RunOn(step.Cpu, network, () =>
                {
                    foreach ((int group, int slot) in step.Changes)
                    {
                        prediction.Toggle(group, slot);
                        arrival.Toggle(group, slot);
                    }

                    foreach (FlowOpening opening in step.Flows)
                    {
                        TrialVerdict predicted = prediction.Open(opening, null);
                        DecisionKind kind = simulated.LastDecision.Kind;
                        tally.Add(number, round, step, opening, predicted, arrival.Open(opening, predicted), kind, unpredictable);
                    }
                }));
            }

            if (arrival.FindLeftover() is string group)
            {
                tally.AddLeftover(number, round, group);
            }

            number++;
        }

        progress?.Invoke(tally.FlowCount);
        return tally.ToResult(_policyCount, _seed);
    }

    private static bool CallsUnpredictable(Instruction instruction) =>
        instruction.Opcode == Instructions.CallHelper(0).Opcode && instruction.Source == (byte)CallKind.Helper
        && s_unpredictable.Contains(instruction.Immediate);

    private sealed class Tally(Func<TransportProtocol, IpFamily, bool> predictsHash, IncrementalHash digest)
    {
        private readonly SortedDictionary<string, int> _notCompared = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, int> _compared = new(StringComparer.Ordinal);
        private readonly ImmutableArray<TrialDifference>.Builder _differences = ImmutableArray.CreateBuilder<TrialDifference>();

        public int FlowCount { get; private set; }

        public void Add(
            int number, TrialRound round, TrialStep step, FlowOpening opening, TrialVerdict predicted, TrialVerdict arrived, DecisionKind kind, bool unpredictable)
        {
            FlowCount++;
            digest.AppendData(Encoding.UTF8.GetBytes($"{opening.Flow} {predicted}\n"));
            bool byHash = kind is DecisionKind.Hash or DecisionKind.ProgramFallback;
            string? reason = !predicted.WasSent && predicted == arrived ? NotSent
                : unpredictable ? DrawsRandomly
                : byHash && predicted.Group is not null && arrived.Group is not null && !predictsHash(opening.Flow.Protocol, opening.Flow.Family) ? UnknownSecrets
                : null;
            if (reason is not null)
            {
                Count(_notCompared, reason);
                return;
            }

            string why = !predicted.WasSent ? "it cannot be sent" : WordsOf(kind);
            Count(_compared, why);
            if (predicted != arrived)
            {
                string packet = opening.Flow.Protocol == TransportProtocol.Tcp
                    ? $"{opening.Flow}"
                    : string.Create(CultureInfo.InvariantCulture, $"{opening.Flow}, {opening.Payload.Length} bytes");
                _differences.Add(new TrialDifference(number, round.Selection, round.Policy?.Name, packet, step.Cpu, predicted, arrived, why));
            }
        }

        public void AddLeftover(int number, TrialRound round, string group) => _differences.Add(new TrialDifference(
            number, round.Selection, round.Policy?.Name, "at the end of the round", -1, TrialVerdict.Nobody, new TrialVerdict(group), "every flow was taken"));

        public TrialResult ToResult(int policyCount, ulong seed) => new()
        {
            FlowCount = FlowCount,
            PolicyCount = policyCount,
            Seed = seed,
            ComparedCount = _compared.Values.Sum(),
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
