using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests.Preview;

public sealed class PolicyComparerTests
{
    private const string Hash = "version: 1\npolicy: hash\notherwise: { by: hash }";

    /// <summary>Every flow is where two measurements by themselves put it.</summary>
    [Fact]
    public void The_matrix_adds_up_to_both_measurements()
    {
        const string Other = "version: 1\nrules:\n  - { when: { family: ipv6 }, reject: true }\notherwise: { by: weighted, weights: { 0: 3, 1: 1 } }";
        GeneratedTrace trace = new(new GeneratedTraceOptions { Seed = 5, Flows = 3000, PacketsPerFlow = 3 });
        SteeringComparison comparison = new PolicyComparer(Side(Hash, 4), Side(Other, 4)).Compare(trace, null, TestContext.Current.CancellationToken);
        Assert.Equal((3000, 9000), (comparison.Flows, comparison.Packets));
        foreach ((string yaml, Func<FlowMove, string> side) in ((string, Func<FlowMove, string>)[])[(Hash, move => move.From), (Other, move => move.To)])
        {
            SteeringMeasurement measurement = new PolicyPreview(Side(yaml, 4).Policy).Measure(trace, null, TestContext.Current.CancellationToken);
            foreach (SlotMeasurement slot in measurement.Slots)
            {
                Assert.Equal((slot.Flows, slot.Packets), Sum(slot.Label));
            }

            Assert.Equal((measurement.Rejected.Flows, measurement.Rejected.Packets), Sum("rejected"));

            (long, long) Sum(string end) =>
                (comparison.Moves.Where(move => side(move) == end).Sum(move => move.Flows), comparison.Moves.Where(move => side(move) == end).Sum(move => move.Packets));
        }

        Assert.Equal(comparison.ToJson(), new PolicyComparer(Side(Hash, 4), Side(Other, 4)).Compare(trace, null, TestContext.Current.CancellationToken).ToJson());
    }

    [Fact]
    public void Tcp_segments_go_where_their_syn_goes_and_old_connections_are_left_alone()
    {
        SteeringComparison comparison = new PolicyComparer(
            Side("version: 1\notherwise: { by: slot, slot: 0 }", 2), Side("version: 1\notherwise: { by: slot, slot: 1 }", 2)).Compare(new PacketList(
                "tcp 10.0.0.1:1000 -> 192.0.2.1:80 S",
                "tcp 10.0.0.1:1000 -> 192.0.2.1:80 A",
                "tcp 10.0.0.2:1000 -> 192.0.2.1:80 A",
                "udp 10.0.0.3:1000 -> 224.0.0.1:80"));
        Assert.Equal((1, 1, 2, 2, 1), (comparison.Flows, comparison.FlowsMoved, comparison.Packets, comparison.PacketsMoved, comparison.FlowsWithoutSyn));
        Assert.Equal(new ProtocolImpact("Tcp", 1, 1, 0, 0), Assert.Single(comparison.Protocols));
        Assert.Equal(new MovedSource("10.0.0.1", 1, 2), Assert.Single(comparison.TopSources));
    }

    [Fact]
    public void Only_the_flows_of_a_removed_slot_move()
    {
        ComparedSide before = Side(Hash, 8);
        ComparedSide after = before with { Group = new PreviewGroup(8) { Occupied = [true, true, true, false, true, true, true, true] } };
        SteeringComparison comparison = new PolicyComparer(before, after).Compare(new GeneratedTrace(new GeneratedTraceOptions { Seed = 5, Flows = 8000, PacketsPerFlow = 1 }));
        Assert.All(comparison.Moves.Where(move => move.Effect == MoveEffect.Moves), move => Assert.Equal("slot 3", move.From));
        Assert.InRange(comparison.FlowsMoved, 900, 1100);
        Assert.Equal(comparison.FlowsMoved, comparison.Protocols.Single().Breaking);
    }

    private static ComparedSide Side(string yaml, int slots) =>
        new("side", PolicyCompiler.Compile(PolicyYaml.Read(yaml).Policy!, slots).Compiled!, new PreviewGroup(slots));
}
