using CsCheck;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>The compiled program decides and counts what the language means.</summary>
public sealed class CompiledPolicyTests
{
    [Fact]
    public void Program_and_evaluator_agree_on_random_policies_and_packets() =>
        Gen.Select(PolicyGen.Case, PolicyGen.Arrival.Array[1, 40], Gen.UInt).SelectMany((test, arrivals, epoch) => Gen.Select(
            Gen.Const(test), Gen.Const(arrivals), Gen.Const(epoch), PolicyGen.States(test.SlotCount))).Sample(
            (test, arrivals, epoch, states) =>
            {
                CompiledPolicy compiled = PolicyCompiler.Compile(test.Policy, test.SlotCount, states).Compiled!;
                PolicyHost host = new(compiled, epoch, test.Selectable);
                PolicyEvaluator evaluator = new(test.Policy, test.SlotCount, states);
                PolicyCounters counters = new(compiled.Counters);
                ExecutionEnvironment environment = new() { RandomState = epoch, MonotonicTime = 10_000_000_000 };
                for (int slot = 0; slot < test.SlotCount; slot++)
                {
                    evaluator.Loads[slot] = slot % 5 == 4 ? 0 : SlotLoad.Pack((uint)((slot * 7) % 5), environment.MonotonicTime - (ulong)(slot * 300_000_000L));
                }

                host.SetLoads(evaluator.Loads);
                foreach (PolicyArrival arrival in arrivals.Concat(arrivals))
                {
                    Packet packet = arrival.ToPacket();
                    arrival.SetTo(environment);
                    bool isMigrating = arrival.IsMigrating && test.Policy.Migrates;
                    ulong random = environment.RandomState;
                    PolicyDecision expected = evaluator.Decide(packet, test.Selectable, environment, isMigrating);
                    counters.Add(expected, epoch);
                    environment.RandomState = random;
                    (PolicyVerdict, int) actual = host.Run(packet, environment, isMigrating);
                    Assert.True((expected.Verdict, expected.Slot) == actual, $"{arrival}: expected {expected}, got {actual}");
                    if (expected.Events[CounterKind.Sample] > 0)
                    {
                        int rule = expected.Basis switch { CounterKind.Rule => expected.Rule, CounterKind.Otherwise => -1, _ => -2 };
                        FlowKey flow = rule == -2 && !isMigrating ? packet.Flow with { Source = 0, Destination = 0, SourcePort = 0, DestinationPort = 0 } : packet.Flow;
                        Assert.Equal(new DecisionSample(epoch, rule, expected.Verdict, expected.Slot, environment.MonotonicTime, flow), host.TakeSample());
                    }
                }

                Assert.Equal(counters.Read(), host.Counters());
            },
            iter: 3000,
            print: t => $"{CasePrinter.Show(t.Item1.Policy, t.Item1.SlotCount)}selectable: {string.Join(", ", t.Item1.Selectable)}\nepoch {t.Item3}, states {string.Join(", ", Enumerable.Range(0, t.Item1.SlotCount).Select(s => t.Item4[s]))}\n{string.Join('\n', t.Item2)}");
}
