using CsCheck;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>The program decides, counts and samples what the language means, in the interpreter and in each compiled form.</summary>
public sealed class CompiledPolicyTests
{
    [Theory]
    [InlineData(PolicyForm.Interpreted, 3000)]
    [InlineData(PolicyForm.Single, 100)]
    [InlineData(PolicyForm.Bound, 100)]
    [InlineData(PolicyForm.Batch, 100)]
    public void Program_and_evaluator_agree_on_random_policies_and_packets(PolicyForm form, int cases) =>
        Gen.Select(PolicyGen.Case, PolicyGen.Arrival.Array[1, 40], Gen.UInt).SelectMany((test, arrivals, epoch) => Gen.Select(
            Gen.Const(test), Gen.Const(arrivals), Gen.Const(epoch), PolicyGen.States(test.SlotCount))).Sample(
            (test, arrivals, epoch, states) =>
            {
                CompiledPolicy compiled = PolicyCompiler.Compile(test.Policy, test.SlotCount, states).Compiled!;
                PolicyHost host = new(compiled, epoch, test.Selectable, form);
                PolicyEvaluator evaluator = new(test.Policy, test.SlotCount, states);
                PolicyCounters counters = new(compiled.Counters);
                ExecutionEnvironment environment = new() { RandomState = epoch, MonotonicTime = 10_000_000_000 };
                for (int slot = 0; slot < test.SlotCount; slot++)
                {
                    evaluator.Loads[slot] = slot % 5 == 4 ? 0 : SlotLoad.Pack((uint)((slot * 7) % 5), environment.MonotonicTime - (ulong)(slot * 300_000_000L));
                }

                host.SetLoads(evaluator.Loads);
                List<PolicyTurn> turns = [];
                List<PolicyDecision> expected = [];
                foreach (PolicyArrival arrival in arrivals.Concat(arrivals))
                {
                    Packet packet = arrival.ToPacket();
                    arrival.SetTo(environment);
                    turns.Add(PolicyTurn.Of(packet, environment, arrival.IsMigrating && test.Policy.Migrates));
                    expected.Add(evaluator.Decide(packet, test.Selectable, environment, turns[^1].IsMigrating));
                    counters.Add(expected[^1], epoch);
                }

                IReadOnlyList<(PolicyVerdict, int)> actual = host.Run(turns);
                for (int i = 0; i < turns.Count; i++)
                {
                    Assert.True((expected[i].Verdict, expected[i].Slot) == actual[i], $"{arrivals[i % arrivals.Length]}: expected {expected[i]}, got {actual[i]}");
                    if (expected[i].Events[CounterKind.Sample] > 0)
                    {
                        DecisionSample sample = host.TakeSample();
                        Assert.Equal(SampleOf(turns[i], expected[i], epoch), sample with { Error = Errno.None });
                        Assert.Equal(expected[i].Misses > 0, sample.Error != Errno.None);
                    }
                }

                Assert.Equal(counters.Read(), host.Counters());
            },
            iter: cases,
            print: t => $"{CasePrinter.Show(t.Item1.Policy, t.Item1.SlotCount)}selectable: {string.Join(", ", t.Item1.Selectable)}\nepoch {t.Item3}, states {string.Join(", ", Enumerable.Range(0, t.Item1.SlotCount).Select(s => t.Item4[s]))}\n{string.Join('\n', t.Item2)}");

    private static DecisionSample SampleOf(PolicyTurn turn, PolicyDecision decision, uint epoch)
    {
        int rule = decision.Basis switch { CounterKind.Rule => decision.Rule, CounterKind.Otherwise => -1, _ => -2 };
        FlowKey flow = turn.Packet.Flow;
        return new DecisionSample(
            epoch, rule, decision.Verdict, decision.Slot, turn.MonotonicTime,
            rule == -2 && !turn.IsMigrating ? flow with { Source = 0, Destination = 0, SourcePort = 0, DestinationPort = 0 } : flow,
            turn.IsMigrating ? 0 : (uint)turn.Packet.TransportLength);
    }
}
