using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>Few flows move when a slot comes or goes.</summary>
public sealed class ConsistentTests
{
    private const int Flows = 100_000;
    private const int Slots = 8;

    private static readonly bool[] s_all = [.. Enumerable.Repeat(true, Slots)];

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Removing_one_of_eight_moves_its_flows_and_hardly_others(int removed)
    {
        string others = string.Join(", ", Enumerable.Range(0, Slots).Where(s => s != removed));
        Assert.InRange(Moved(Evaluator("otherwise: { by: consistent }"), Evaluator($"otherwise: {{ by: consistent, to: [{others}] }}")), 0.9 / Slots, 1.15 / Slots);
    }

    [Fact]
    public void Draining_moves_as_removing_does() => Assert.InRange(
        Moved(Evaluator("otherwise: { by: consistent }"), Evaluator("otherwise: { by: consistent }", SlotStates.AllActive.With(3, SlotState.Draining))), 0.9 / Slots, 1.15 / Slots);

    /// <summary>The language says so of hash: only the flows of the slot that is no longer active.</summary>
    [Fact]
    public void Draining_under_hash_moves_the_flows_of_that_slot_alone()
    {
        PolicyEvaluator before = Evaluator("otherwise: { by: hash }");
        PolicyEvaluator after = Evaluator("otherwise: { by: hash }", SlotStates.AllActive.With(3, SlotState.Draining));
        int[] to = new int[Slots];
        for (int i = 0; i < Flows; i++)
        {
            FlowKey flow = Flow(i);
            int slot = before.Decide(flow, s_all).Slot;
            int then = after.Decide(flow, s_all).Slot;
            Assert.True(slot == then || slot == 3);
            to[then] += slot == 3 ? 1 : 0;
        }

        Assert.Equal(0, to[3]);
        Assert.All(to.Where((_, s) => s != 3), flows => Assert.InRange(flows, 0.85 * Flows / Slots / (Slots - 1), 1.15 * Flows / Slots / (Slots - 1)));
    }

    /// <summary>All but one: the candidates are used up, and the spare entries have the one that is left.</summary>
    [Fact]
    public void The_last_active_slot_gets_everything()
    {
        SlotStates states = Enumerable.Range(0, Slots).Where(s => s != 5).Aggregate(SlotStates.AllActive, (all, slot) => all.With(slot, slot == 2 ? SlotState.Standby : SlotState.Draining));
        foreach (string by in (string[])["hash", "consistent", "random", "round-robin", "cpu", "weighted, weights: { 0-7: 1 }", "numa, nodes: { 0: 0-3, 1: 4-7 }", "chain, to: 0-7"])
        {
            PolicyEvaluator evaluator = Evaluator($"otherwise: {{ by: {by} }}", states);
            Assert.All(Enumerable.Range(0, 1000), i => Assert.Equal(5, evaluator.Decide(Flow(i), s_all).Slot));

            // And when it cannot be selected, the one on standby gets it.
            bool[] without = [.. Enumerable.Range(0, Slots).Select(s => s != 5)];
            Assert.All(Enumerable.Range(0, 1000), i => Assert.Equal(2, evaluator.Decide(Flow(i), without).Slot));
        }
    }

    [Fact]
    public void States_are_data()
    {
        SteeringPolicy policy = PolicyYaml.Read("otherwise: { by: hash }\nrules: [ { when: { source-port: 1 }, steer: { by: slot, slot: 1 } } ]").Policy!;
        CompiledPolicy before = PolicyCompiler.Compile(policy, Slots).Compiled!;
        CompiledPolicy after = PolicyCompiler.Compile(policy, Slots, SlotStates.AllActive.With(1, SlotState.Draining).With(2, SlotState.Standby)).Compiled!;
        Assert.Equal(PolicyChange.Data, after.ChangeFrom(before));
    }

    private static double Moved(PolicyEvaluator before, PolicyEvaluator after) =>
        Enumerable.Range(0, Flows).Count(i => before.Decide(Flow(i), s_all).Slot != after.Decide(Flow(i), s_all).Slot) / (double)Flows;

    private static FlowKey Flow(int i) => new(IpFamily.V4, TransportProtocol.Tcp, 0x0a000000 + (UInt128)(i / 50), 0xc0000201, (ushort)(40_000 + (i % 50)), 443);

    private static PolicyEvaluator Evaluator(string text, SlotStates? states = null) => new(PolicyYaml.Read(text).Policy!, Slots, states);
}
