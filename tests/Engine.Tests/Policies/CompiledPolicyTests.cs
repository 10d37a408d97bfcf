using CsCheck;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>The compiled program decides and counts what the language means.</summary>
public sealed class CompiledPolicyTests
{
    [Fact]
    public void Program_and_evaluator_agree_on_random_policies_and_packets() =>
        Gen.Select(PolicyGen.Case, Gen.Select(PolicyGen.Flow, Gen.Int[0, 3]).Array[1, 40], Gen.UInt).Sample(
            (test, flows, epoch) =>
            {
                CompiledPolicy compiled = PolicyCompiler.Compile(test.Policy, test.SlotCount).Compiled!;
                PolicyHost host = new(compiled, epoch, test.Selectable);
                PolicyEvaluator evaluator = new(test.Policy, test.SlotCount);
                PolicyCounters counters = new(compiled.Counters);
                for (int i = 0; i < flows.Length; i++)
                {
                    Packet packet = PacketBytes.Create(flows[i].Item1, flows[i].Item2);
                    PolicyDecision expected = evaluator.Decide(packet, test.Selectable);
                    counters.Add(expected, epoch);
                    Assert.Equal((expected.Verdict, expected.Slot), host.Run(packet, i % PolicyHost.CpuCount));
                }

                Assert.Equal(counters.Read(), host.Counters());
            },
            iter: 3000,
            print: t => $"{CasePrinter.Show(t.Item1.Policy, t.Item1.SlotCount)}selectable: {string.Join(", ", t.Item1.Selectable)}\nepoch {t.Item3}\n{string.Join('\n', t.Item2.Select(f => f.ToString()))}");
}
