using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests.Preview;

public sealed class MeasurementMergerTests
{
    private const string Policy = """
        version: 1
        policy: parts
        rules:
          - name: documentation
            when: { source: 10.128.0.0/9 }
            steer: { by: weighted, weights: { 0: 3, 1: 1 } }
          - when: { source-port: 2000-9000 }
            reject: true
          - when: { source-port: 9001-12000 }
            steer: { by: kernel }
        otherwise: { by: hash, key: source }
        """;

    [Theory]
    [InlineData(TransportProtocol.Udp, 2, 1)]
    [InlineData(TransportProtocol.Udp, 7, 2)]
    [InlineData(TransportProtocol.Tcp, 3, 3)]
    public void Parts_merge_to_the_measurement_of_the_whole_to_the_last_byte(TransportProtocol protocol, int count, ulong seed)
    {
        IPacketSource trace = new TraceFilter { SourcePorts = [new PortRange(1500, 65535)] }.Apply(new GeneratedTrace(new GeneratedTraceOptions
        {
            Seed = seed,
            Flows = 3000,
            PacketsPerFlow = 5,
            Protocol = protocol,
            Popularity = 1,
            Rate = 1000,
            Rebinding = protocol == TransportProtocol.Udp ? 0.1 : 0,
        }));
        SteeringMeasurement[] parts = [.. Enumerable.Range(0, count).Select(index => Measure(new TracePartition(index, count).Apply(trace)))];
        Assert.All(parts, part => Assert.InRange(part.Flows, 1, 3000));
        Assert.All(parts, part => Assert.Equal(part.Statistics.Records, part.Statistics.Packets + part.Statistics.Filtered + part.Statistics.OtherPartition));

        // Through JSON, as from another process, and in another order.
        SteeringMeasurement merged = MeasurementMerger.Merge([.. parts.Reverse().Select(part => MeasurementMerger.Read(part.ToJson(), "part"))]);
        Assert.Equal(Measure(trace).ToJson(), merged.ToJson());
    }

    [Fact]
    public void Both_directions_of_a_flow_are_in_one_part()
    {
        using IPacketReader reader = new GeneratedTrace(new GeneratedTraceOptions { Seed = 1, Flows = 1000, PacketsPerFlow = 1 }).Open();
        int[] sizes = new int[4];
        while (reader.TryRead(out Packet packet))
        {
            FlowKey flow = packet.Flow;
            FlowKey reverse = new(flow.Family, flow.Protocol, flow.Destination, flow.Source, flow.DestinationPort, flow.SourcePort);
            int part = Enumerable.Range(0, 4).Single(index => new TracePartition(index, 4).Contains(flow));
            Assert.True(new TracePartition(part, 4).Contains(reverse));
            sizes[part]++;
        }

        Assert.All(sizes, size => Assert.InRange(size, 180, 320));
    }

    [Fact]
    public void Parts_that_do_not_fit_are_refused()
    {
        GeneratedTrace trace = new(new GeneratedTraceOptions { Seed = 1, Flows = 100, PacketsPerFlow = 1 });
        SteeringMeasurement zero = Measure(new TracePartition(0, 2).Apply(trace));
        SteeringMeasurement one = Measure(new TracePartition(1, 2).Apply(trace));
        Refused("no report");
        Refused("Part 1 of 2 is missing", zero);
        Refused("Part 0 of 2 is there twice", zero, zero, one);
        Refused("of a whole trace", zero, Measure(trace));
        Refused("different policies", zero, one with { Policy = "other" });
        Refused("different traces", zero, one with { Trace = "other" });
        Refused("different groups", zero, Measure(new TracePartition(1, 2).Apply(trace), slots: 5));
        Refused("different numbers of parts", zero, Measure(new TracePartition(1, 3).Apply(trace)));

        static void Refused(string why, params SteeringMeasurement[] parts)
        {
            Diagnostic error = Assert.Single(Assert.Throws<DiagnosticException>(() => MeasurementMerger.Merge(parts)).Diagnostics);
            Assert.Equal("RPS6032", error.Code);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{ \"policy\": 3 }")]
    [InlineData("not JSON")]
    public void What_is_no_report_is_refused(string text) =>
        Assert.Equal("RPS6031", Assert.Single(Assert.Throws<DiagnosticException>(() => MeasurementMerger.Read(text, "x")).Diagnostics).Code);

    /// <summary>Letters of a report changed at random: a report, or a finding, and nothing else.</summary>
    [Fact]
    public void Damaged_reports_are_read_or_refused()
    {
        string json = Measure(new GeneratedTrace(new GeneratedTraceOptions { Seed = 1, Flows = 10, PacketsPerFlow = 1 })).ToJson();
        Simulator.Randomness.Xoshiro256 random = new(20267);
        for (int mutation = 0; mutation < 2000; mutation++)
        {
            char[] damaged = json.ToCharArray();
            for (int change = 0; change < 3; change++)
            {
                damaged[(int)random.NextBelow((uint)damaged.Length)] = "{}[]\",:0-9enul"[(int)random.NextBelow(14u)];
            }

            try
            {
                _ = MeasurementMerger.Read(new string(damaged), "damaged");
            }
            catch (DiagnosticException)
            {
            }
        }
    }

    private static SteeringMeasurement Measure(IPacketSource trace, int slots = 4)
    {
        SteeringPolicy policy = PolicyYaml.Read(Policy).Policy!;
        PreviewGroup group = new(slots) { Occupied = [true, true, false, .. Enumerable.Repeat(true, slots - 3)] };
        return new PolicyPreview(PolicyCompiler.Compile(policy, slots).Compiled!, group, "parts", source: policy).Measure(trace);
    }
}
