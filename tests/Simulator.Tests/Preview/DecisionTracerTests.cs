using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests.Preview;

/// <summary>Single packets, decided and explained.</summary>
public sealed class DecisionTracerTests
{
    /// <summary>Balancers that look at more than the packet are no disagreement of program and evaluator.</summary>
    [Theory]
    [InlineData("by: random")]
    [InlineData("by: least-loaded")]
    [InlineData("by: round-robin")]
    [InlineData("by: cpu")]
    [InlineData("by: numa, nodes: { 0: [0, 1], 1: [2, 3] }")]
    [InlineData("by: chain, to: [2, 1]")]
    [InlineData("by: consistent")]
    [InlineData("by: hash, sticky: { entries: 1024, idle: 60s }")]
    public void Every_balancer_can_be_traced(string otherwise)
    {
        string yaml = $"version: 1\npolicy: test\nprotocol: udp\nrules:\n- name: low ports\n  when: {{ source-port: 0-1023 }}\n  steer: {{ by: slot, slot: 3 }}\notherwise: {{ {otherwise} }}";
        PolicyReading reading = PolicyYaml.Read(yaml);
        Assert.True(reading.Policy is not null, string.Join("; ", reading.Diagnostics));
        CompiledPolicy compiled = PolicyCompiler.Compile(reading.Policy, 4).Compiled!;
        using DecisionTracer tracer = new(reading.Policy, compiled, new PreviewGroup(4));
        string[] lines = [.. Enumerable.Range(0, 50).Select(i => $"udp 10.0.0.{i + 1}:{(i % 5 == 0 ? 53 : 40000 + i)} -> 192.0.2.1:443")];
        foreach (Packet packet in new PacketList(lines).Packets)
        {
            TracedDecision traced = tracer.Decide(packet);
            bool isLow = packet.Flow.SourcePort == 53;
            Assert.Equal(isLow ? CounterKind.Rule : CounterKind.Otherwise, traced.Decision.Basis);
            Assert.InRange(traced.Decision.Slot, 0, 3);
            Assert.True(!isLow || traced.Decision.Slot == 3);
        }
    }
}
