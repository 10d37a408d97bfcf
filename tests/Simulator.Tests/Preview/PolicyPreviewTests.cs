using CsCheck;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Tests;
using ReuseportPS.Engine.Tests.Policies;
using ReuseportPS.Simulator.Cpus;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests.Preview;

public sealed class PolicyPreviewTests
{
    /// <summary>Each kind of action once.</summary>
    private const string Mixed = """
        version: 1
        policy: mixed
        lists:
          office: [10.0.0.0/8]
        rules:
          - name: office
            when: { source: office }
            steer: { by: slot, slot: 2 }
          - name: privileged
            when: { source-port: 0-1023 }
            reject: true
          - name: six
            when: { family: ipv6 }
            steer: { by: kernel }
        otherwise: { by: slot, slot: 1 }
        """;

    private const string Spread = """
        version: 1
        policy: spread
        rules:
          - name: documentation
            when: { source: [198.51.100.0/24, 203.0.113.0/24] }
            steer: { by: weighted, weights: { 0: 3, 1: 1 } }
          - name: web
            when: { destination-port: 80 }
            steer: { to: [2, 3], by: hash, key: source }
        otherwise: { by: hash }
        """;

    [Fact]
    public void Each_action_ends_where_it_should()
    {
        SteeringMeasurement result = Measure(Compile(Mixed, 3), new PacketList(
            "udp 10.1.2.3:80 -> 192.0.2.1:53",
            "udp 198.51.100.1:80 -> 192.0.2.1:53",
            "udp 198.51.100.1:5000 -> 192.0.2.1:53",
            "tcp 198.51.100.1:5000 -> 192.0.2.1:80 S",
            "tcp 198.51.100.1:5000 -> 192.0.2.1:80 A",
            "tcp 198.51.100.2:1023 -> 192.0.2.1:80 S",
            "tcp [2001:db8::9]:5000 -> [2001:db8::1]:80 S",
            "tcp [2001:db8::9]:5000 -> [2001:db8::1]:80 A",
            "tcp [2001:db8::a]:5000 -> [2001:db8::1]:80 A",
            "udp [2001:db8::9]:1024 -> [2001:db8::1]:53"));

        Assert.Equal([0, 3, 1], result.Slots.Select(slot => slot.Traffic.Packets));
        Assert.Equal([0, 2, 1], result.Slots.Select(slot => slot.Traffic.Flows));
        Assert.Equal(["slot 0", "slot 1", "slot 2"], result.Slots.Select(slot => slot.Label));
        Assert.Equal((3L, 2L), (result.Kernel.Packets, result.Kernel.Flows));
        Assert.Equal((2L, 2L), (result.Rejected.Packets, result.Rejected.Flows));
        Assert.Equal((1L, 1L), (result.WithoutSyn.Packets, result.WithoutSyn.Flows));
        Assert.Equal(7, result.Instructions.Runs);
        Assert.InRange(result.Instructions.Mean, 1, result.Instructions.Largest);

        // The counters count runs: the SYN, not the segment after it.
        Assert.Equal(
            ["office 1", "privileged 2", "six 2", "Otherwise 2", "Slot 0 0", "Slot 1 2", "Slot 2 1", "Kernel 2", "Reject 2", "Miss 0", "NotCovered 0", "Unreadable 0"],
            Describe(result, CounterKind.Rule, CounterKind.Otherwise, CounterKind.Slot, CounterKind.Kernel, CounterKind.Reject, CounterKind.Miss, CounterKind.NotCovered, CounterKind.Unreadable));
        Assert.Equal(("test", "list"), (result.Policy, result.Trace));
        Assert.Null(result.Failure);
    }

    [Fact]
    public void Flows_are_held_against_the_shares_that_the_rules_mean()
    {
        GeneratedTrace trace = new(new GeneratedTraceOptions { Seed = 11, Flows = 20_000, PacketsPerFlow = 1, Sources = [Prefix("10.0.0.0/8"), Prefix("198.51.100.0/24")] });
        SteeringMeasurement result = Preview("version: 1\nrules:\n  - { name: doc, when: { source: 198.51.100.0/24 }, steer: { by: weighted, weights: { 0: 3, 1: 1 } } }\notherwise: { by: hash }", 4, trace);
        long documented = result.Rules[0].Flows;
        Assert.Equal(["doc", "Otherwise"], result.Rules.Select(rule => rule.Name));
        Assert.Equal(20_000, result.Rules.Sum(rule => rule.Flows));
        Assert.Equal([0.75, 0.25, 0, 0], result.Rules[0].Shares);
        Assert.Equal(((0.75 * documented) + (0.25 * (20_000 - documented))) / 20_000, result.Slots[0].IntendedShare!.Value, 1e-12);
        Assert.Equal(3, result.FlowBalance.DegreesOfFreedom);
        Assert.InRange(result.FlowBalance.PValue!.Value, 0.001, 1); // seed 11
    }

    [Fact]
    public void A_few_clients_under_a_source_hash_are_not_by_chance()
    {
        GeneratedTrace trace = new(new GeneratedTraceOptions { Seed = 11, Flows = 2000, PacketsPerFlow = 1, Clients = 5 });
        SteeringMeasurement result = Preview("version: 1\notherwise: { by: hash, key: source }", 4, trace);
        Assert.InRange(result.FlowBalance.PValue!.Value, 0, 1e-6);
        Assert.InRange(result.FlowBalance.Gini!.Value, 0.1, 1);
    }

    [Fact]
    public void The_answers_of_the_helper_tell_what_misses_were()
    {
        PreviewGroup group = new(2) { Occupied = [true, false] };
        SteeringMeasurement result = new PolicyPreview(Compile("version: 1\notherwise: { by: slot, slot: 1 }\non-miss: { slot: 0 }", 2), group).Measure(
            new PacketList("udp 10.0.0.1:1 -> 192.0.2.1:53", "udp 10.0.0.2:1 -> 192.0.2.1:53"));
        Assert.Equal([new SelectionCount(Errno.None, 2), new SelectionCount(Errno.ENOENT, 2)], result.Selections);
        Assert.Equal(2, result.Slots[0].Packets);
    }

    [Fact]
    public void Instructions_have_a_distribution()
    {
        SteeringMeasurement result = Measure(Compile(Mixed, 3), new PacketList([.. Enumerable.Range(1, 200).Select(host => $"udp 10.0.0.{host}:5000 -> 192.0.2.1:53"), "udp [2001:db8::9]:1024 -> [2001:db8::1]:53"]));
        Assert.Equal(201, result.RunLengths.Sum(length => length.Runs));
        Assert.Equal(2, result.RunLengths.Length);
        Assert.Equal((201, result.RunLengths[1].Instructions, result.RunLengths[1].Instructions), (result.Instructions.Runs, result.Instructions.P99, result.Instructions.Largest));
    }

    [Fact]
    public void A_search_for_the_next_packet_can_be_cancelled()
    {
        IPacketSource nothing = new TraceFilter { Protocol = TransportProtocol.Tcp }.Apply(new CaptureFile(RepositoryRoot.Combine("examples", "dns-and-http.pcap")));
        Assert.Throws<OperationCanceledException>(() => new PolicyPreview(Compile(Mixed, 3)).Measure(nothing, null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void An_empty_seat_is_a_miss_and_the_policy_says_what_then()
    {
        const string Fixed = "version: 1\nrules:\n  - when: { source-port: 5000 }\n    steer: { by: slot, slot: 2 }\notherwise: { by: slot, slot: 1 }\n";
        PreviewGroup group = new(3) { Occupied = [true, true, false], Labels = ["a", "b", "c"] };
        PacketList list = new("udp 10.1.2.3:5000 -> 192.0.2.1:53", "udp 10.1.2.3:5001 -> 192.0.2.1:53");

        SteeringMeasurement next = Measure(Compile(Fixed, 3), list, group);
        Assert.Equal([0, 2, 0], next.Slots.Select(slot => slot.Traffic.Packets));
        Assert.Equal(["Miss 1"], Describe(next, CounterKind.Miss));
        Assert.Equal([("a", true), ("b", true), ("c", false)], next.Slots.Select(slot => (slot.Label, slot.IsOccupied)));

        SteeringMeasurement reject = Measure(Compile(Fixed + "on-miss: reject\n", 3), list, group);
        Assert.Equal([0, 1, 0], reject.Slots.Select(slot => slot.Traffic.Packets));
        Assert.Equal(1, reject.Rejected.Packets);
    }

    [Fact]
    public void A_protocol_that_the_policy_does_not_cover_is_left_to_the_kernel()
    {
        SteeringMeasurement result = Measure(Compile("version: 1\nprotocol: udp\notherwise: { by: slot, slot: 0 }\n", 1), new PacketList(
            "tcp 10.1.2.3:5000 -> 192.0.2.1:53 S", "udp 10.1.2.3:5000 -> 192.0.2.1:53"));
        Assert.Equal((1L, 1L), (result.Kernel.Packets, result.Slots[0].Traffic.Packets));
        Assert.Equal(["NotCovered 1"], Describe(result, CounterKind.NotCovered));
    }

    [Fact]
    public void Random_policies_decide_and_count_as_the_reference_evaluator_does()
    {
        Gen.Select(PolicyGen.Case.Where(test => !DrawsNumbers(test.Policy)), PolicyGen.Flow.Array[1, 30]).Sample(
            (test, flows) =>
            {
                (int slotCount, SteeringPolicy policy, bool[] selectable) = test;
                selectable[0] |= !selectable.Contains(true);
                CompiledPolicy compiled = PolicyCompiler.Compile(policy, slotCount).Compiled ?? throw new InvalidOperationException("The generated policy does not compile.");
                PolicyEvaluator evaluator = new(policy, slotCount);
                PolicyCounters counters = new(compiled.Counters);
                using SimulatedSteering steering = new(compiled, new PreviewGroup(slotCount) { Occupied = [.. selectable] }, new SimulatorOptions { CpuCount = 1, Seed = 0 });
                ExecutionEnvironment environment = new();
                foreach (Packet packet in new PacketList(flows).Packets)
                {
                    environment.MonotonicTime = (ulong)packet.Timestamp;
                    PolicyDecision expected = evaluator.Decide(packet, selectable, environment);
                    counters.Add(expected);
                    SteeringOutcome actual = steering.Decide(packet);
                    if ((expected.Verdict, expected.Slot) != (actual.Verdict, actual.Slot))
                    {
                        throw new InvalidOperationException($"{packet.Flow}: the evaluator says {expected}, the program {actual.Verdict} {actual.Slot}.");
                    }
                }

                return counters.Read().SequenceEqual(steering.ReadCounts().Counters);
            },
            print: test => $"{CasePrinter.Show(test.Item1.Policy, test.Item1.SlotCount)}\n{string.Join('\n', test.Item2)}",
            iter: 200);
    }

    // The host's random numbers are its own.
    private static bool DrawsNumbers(SteeringPolicy policy) =>
        policy.Rules.Items.Select(rule => rule.Action).Append(policy.Otherwise).Any(action => action is SteerAction { By: RandomBalancer or LeastLoadedBalancer });

    [Fact]
    public void The_example_capture_is_decided_as_the_reference_evaluator_decides_it()
    {
        CaptureFile capture = new(RepositoryRoot.Combine("examples", "dns-and-http.pcap"));
        SteeringPolicy policy = Read(Spread);
        PolicyEvaluator evaluator = new(policy, 4);
        bool[] all = [true, true, true, true];
        Dictionary<FlowKey, int> slots = [];
        long[] packets = new long[4];
        using (IPacketReader reader = capture.Open())
        {
            while (reader.TryRead(out Packet packet))
            {
                slots.TryAdd(packet.Flow, evaluator.Decide(packet, all).Slot);
                packets[slots[packet.Flow]]++;
            }
        }

        SteeringMeasurement result = Measure(Compile(Spread, 4), capture);
        Assert.Equal(packets, result.Slots.Select(slot => slot.Traffic.Packets));
        Assert.Equal(Enumerable.Range(0, 4).Select(slot => (long)slots.Values.Count(value => value == slot)), result.Slots.Select(slot => slot.Traffic.Flows));
        Assert.Equal((550, 0L), (result.Flows, result.FlowsMoved));
        Assert.Equal(0, result.WithoutSyn.Packets);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void The_measurement_of_the_example_capture_is_what_was_recorded()
    {
        string json = Measure(Compile(Spread, 4), new CaptureFile(RepositoryRoot.Combine("examples", "dns-and-http.pcap"))).ToJson();
        if (Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(RepositoryRoot.Combine("tests", "Simulator.Tests", "Preview", "example-measurement.json"), json + "\n");
        }

        using Stream stream = typeof(PolicyPreviewTests).Assembly.GetManifestResourceStream("example-measurement.json")!;
        using StreamReader recorded = new(stream);
        Assert.Equal(recorded.ReadToEnd().TrimEnd(), json);
    }

    [Fact]
    public void Equal_inputs_give_equal_bytes()
    {
        CompiledPolicy policy = Compile(Spread, 4);
        GeneratedTrace trace = new(new GeneratedTraceOptions { Seed = 11, Flows = 2000, Popularity = 1 });
        Assert.Equal(Measure(policy, trace).ToJson(), Measure(Compile(Spread, 4), trace).ToJson());
    }

    [Fact]
    public void A_hash_spreads_flows_evenly()
    {
        SteeringMeasurement result = Measure(
            Compile("version: 1\notherwise: { by: hash }\n", 8), new GeneratedTrace(new GeneratedTraceOptions { Flows = 8000, PacketsPerFlow = 1 }));
        Assert.InRange(result.FlowSkew!.Value, 1, 1.12); // 1000 per slot, deviation 30
        Assert.Equal(0, result.FlowsMoved);
    }

    [Fact]
    public void A_damaged_trace_is_measured_up_to_the_damage()
    {
        byte[] whole = File.ReadAllBytes(RepositoryRoot.Combine("examples", "dns-and-http.pcap"));
        SteeringMeasurement result = Measure(Compile(Spread, 4), CaptureFile.FromBytes("cut.pcap", whole.AsMemory(0, whole.Length / 2)));
        Assert.Equal("RPS6005", result.Failure?.Code);
        Assert.InRange(result.Statistics.Packets, 500, 800);
        Assert.Equal(result.Statistics.Packets, result.Slots.Sum(slot => slot.Traffic.Packets));
    }

    [Fact]
    public void A_file_that_is_not_there_gives_an_empty_measurement_with_the_reason()
    {
        SteeringMeasurement result = Measure(Compile(Spread, 4), new CaptureFile("reuseportps-not-there.pcap"));
        Assert.Equal(("RPS6001", 0), (result.Failure?.Code, result.Statistics.Records));
    }

    [Fact]
    public void Progress_rises_to_the_end()
    {
        List<double> told = [];
        GeneratedTrace trace = new(new GeneratedTraceOptions { Flows = 1000, PacketsPerFlow = 110 });
        new PolicyPreview(Compile(Mixed, 3)).Measure(trace, told.Add, TestContext.Current.CancellationToken);
        Assert.InRange(told.Count, 50, 102);
        Assert.Equal(told.Order().Distinct(), told);
        Assert.Equal(1, told[^1]);
    }

    [Fact]
    public void Cancellation_ends_the_measurement()
    {
        using CancellationTokenSource source = new();
        PolicyPreview preview = new(Compile(Mixed, 3));
        GeneratedTrace endless = new(new GeneratedTraceOptions { Flows = 10, Packets = 1_000_000_000_000, Rate = 1e6 });
        Assert.Throws<OperationCanceledException>(() => preview.Measure(endless, fraction => source.Cancel(), source.Token));
    }

    [Theory]
    [InlineData("version: 1\nrules:\n  - { when: { family: ipv6 }, reject: true }\notherwise: { by: weighted, weights: { 0: 3, 1: 1 } }")]
    [InlineData("version: 1\notherwise: { by: random }")]
    [InlineData("version: 1\notherwise: { by: hash, sticky: { entries: 4096, idle: 60s } }")]
    public void The_measurement_is_the_same_on_any_number_of_cores(string yaml)
    {
        SteeringPolicy policy = PolicyYaml.Read(yaml).Policy!;
        CompiledPolicy compiled = PolicyCompiler.Compile(policy, 4).Compiled!;
        foreach (IPacketSource trace in (IPacketSource[])[new GeneratedTrace(new GeneratedTraceOptions { Seed = 6, Flows = 900, PacketsPerFlow = 3 }), new CaptureFile("no-such-file.pcap")])
        {
            string[] reports = [.. new[] { 1, 2, 3 }.Select(cores => new PolicyPreview(compiled, source: policy) { Cores = cores }.Measure(trace).ToJson())];
            Assert.Equal(reports[0], reports[1]);
            Assert.Equal(reports[0], reports[2]);
        }
    }

    [Fact]
    public void A_packet_that_cannot_be_decided_is_the_first_of_the_trace_on_any_number_of_cores()
    {
        SteeringPolicy policy = PolicyYaml.Read("version: 1\notherwise: { by: hash }").Policy!;
        PacketList list = new(new PacketList([.. Enumerable.Range(1, 200).Select(client => $"udp 10.0.0.{client}:1000 -> 192.0.2.1:53")]).Packets.Select((packet, index) => packet with { Cpu = index > 40 ? 7 : 0 }));
        SimulatorOptions host = new() { CpuCount = 2, PacketCpuSource = PacketCpuSource.Trace };
        foreach (int cores in (int[])[1, 3])
        {
            DiagnosticException exception = Assert.Throws<DiagnosticException>(
                () => new PolicyPreview(PolicyCompiler.Compile(policy, 4).Compiled!, host: host, source: policy) { Cores = cores }.Measure(list));
            Assert.Contains("Packet 41 ", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Flows_are_counted_for_the_rule_that_took_them_on_their_CPU()
    {
        SteeringPolicy policy = PolicyYaml.Read("version: 1\nrules:\n  - { when: { cpu: 1 }, steer: { by: slot, slot: 1 } }\notherwise: { by: slot, slot: 0 }").Policy!;
        PacketList list = new(new PacketList([.. Enumerable.Range(1, 90).Select(client => $"udp 10.0.0.{client}:1000 -> 192.0.2.1:53")]).Packets.Select((packet, index) => packet with { Cpu = index % 3 == 0 ? 1 : 0 }));
        SimulatorOptions host = new() { CpuCount = 2, PacketCpuSource = PacketCpuSource.Trace };

        SteeringMeasurement result = new PolicyPreview(PolicyCompiler.Compile(policy, 2).Compiled!, host: host, source: policy).Measure(list);

        Assert.Equal([30L, 60L], result.Rules.Select(rule => rule.Flows));
        Assert.Equal([60L, 30L], result.Slots.Select(slot => slot.Traffic.Flows));
    }

    [Fact]
    public void A_group_of_another_size_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new PolicyPreview(Compile(Mixed, 3), new PreviewGroup(4)));
        Assert.Throws<ArgumentException>(() => new PreviewGroup(3) { Occupied = [true] });
        Assert.Throws<ArgumentException>(() => new PreviewGroup(2) { Occupied = [false, false] });
        Assert.Throws<ArgumentException>(() => new PreviewGroup(2) { Labels = ["one"] });
    }

    private static SteeringMeasurement Measure(CompiledPolicy policy, IPacketSource trace, PreviewGroup? group = null) =>
        new PolicyPreview(policy, group, "test").Measure(trace, cancellationToken: TestContext.Current.CancellationToken);

    private static string[] Describe(SteeringMeasurement result, params CounterKind[] kinds) =>
        [.. kinds.SelectMany(kind => result.Counters.Where(counter => counter.Kind == kind))
            .Select(counter => $"{(counter.Kind == CounterKind.Slot ? "Slot " : "")}{counter.Name} {counter.Value}")];

    private static SteeringPolicy Read(string yaml)
    {
        PolicyReading reading = PolicyYaml.Read(yaml);
        return reading.Policy ?? throw new DiagnosticException(reading.Diagnostics);
    }

    private static CompiledPolicy Compile(string yaml, int slotCount)
    {
        PolicyCompilation compilation = PolicyCompiler.Compile(Read(yaml), slotCount);
        return compilation.Compiled ?? throw new DiagnosticException(compilation.Diagnostics);
    }

    private static SteeringMeasurement Preview(string yaml, int slotCount, IPacketSource trace)
    {
        SteeringPolicy policy = PolicyYaml.Read(yaml).Policy!;
        return new PolicyPreview(PolicyCompiler.Compile(policy, slotCount).Compiled!, source: policy).Measure(trace);
    }

    private static AddressPrefix Prefix(string text) => AddressPrefix.TryParse(text, out AddressPrefix prefix, out _) ? prefix : throw new ArgumentException(text);
}
