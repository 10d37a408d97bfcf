using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Randomness;
using ReuseportPS.Simulator.Recording;
using ReuseportPS.Simulator.Tests.Recording;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests.Preview;

/// <summary>What several threads find in the segments of a capture is what one finds in the whole.</summary>
public sealed class SegmentedRunTests(ITestOutputHelper output)
{
    private const string Ruled = """
        version: 1
        rules:
          - { name: dns, when: { destination-port: 53 }, steer: { by: weighted, weights: { 0: 3, 1: 1 } } }
          - { name: closed, when: { source: 10.0.0.0/28 }, reject: true }
          - { name: odd, when: { source: 10.0.0.16/28 }, steer: { by: slot, slot: 2 } }
        otherwise: { by: hash, to: [0, 1, 3] }
        """;

    private static readonly SteeringPolicy s_policy = PolicyYaml.Read(Ruled).Policy!;
    private static readonly CompiledPolicy s_compiled = PolicyCompiler.Compile(s_policy, 4).Compiled!;

    /// <summary>One member is missing: misses are counted too.</summary>
    private static readonly PreviewGroup s_group = new(4) { Occupied = [true, true, false, true] };

    public static TheoryData<string, ulong> Captures => new(
        from form in (string[])["pcap", "pcap, big endian, nanoseconds", "pcapng", "pcapng, big endian"]
        from seed in (ulong[])[1, 2, 3, 4, 5]
        select (form, seed));

    [Theory]
    [MemberData(nameof(Captures))]
    public void Several_threads_find_what_one_finds(string form, ulong seed)
    {
        byte[] bytes = Write(form, Frames(seed, fragments: false));
        Assert.Equal(12, JoinedOf(bytes, 12));
        AssertEqualMeasurements(bytes);
    }

    [Theory]
    [InlineData("pcap")]
    [InlineData("pcapng")]
    public void A_datagram_in_two_segments_is_put_together(string form)
    {
        int unequal = 0;
        for (ulong seed = 1; seed <= 20; seed++)
        {
            byte[] bytes = Write(form, Frames(seed, fragments: true));
            unequal += JoinedOf(bytes, 12) < 12 ? 1 : 0;
            AssertEqualMeasurements(bytes);
        }

        Assert.InRange(unequal, 1, 20);
    }

    [Fact]
    public void Records_that_a_payload_pretends_are_not_believed()
    {
        byte[] decoy = [.. Enumerable.Range(0, 40).SelectMany(_ => new PcapBytes().Record(1_700_000_000, 5, Udp(9, 9, new byte[20])).ToArray()[24..])];
        PcapBytes file = new();
        for (uint index = 0; index < 300; index++)
        {
            file.Record(1_700_000_000, index, Udp(index, 53, decoy[..(int)(decoy.Length - (index % 7 * 100))]));
        }

        Assert.InRange(JoinedOf(file.ToArray(), 12), 1, 11);
        AssertEqualMeasurements(file.ToArray());
    }

    [Fact]
    public void A_capture_that_changes_its_interfaces_on_the_way_is_read_by_one_thread_from_there()
    {
        PcapngBytes file = new PcapngBytes().Section().Interface(101);
        for (uint index = 0; index < 900; index++)
        {
            _ = index switch
            {
                300 => file.Interface(101, resolution: 9),
                600 => file.Section(bigEndian: true).Interface(1).Interface(101, resolution: 3),
                _ => file.Packet(index > 300 ? 1u : 0, index * 1000, Udp(index, 53, new byte[100])),
            };
        }

        Assert.InRange(JoinedOf(file.ToArray(), 12), 1, 11);
        AssertEqualMeasurements(file.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_packet_without_a_time_takes_it_from_the_segment_before(bool haveTimes)
    {
        PcapngBytes file = new PcapngBytes().Section().Interface(101);
        for (uint index = 0; index < 900; index++)
        {
            _ = haveTimes && index % 50 == 0 ? file.Packet(0, index * 10_000_000ul, Udp(index, 53, new byte[100])) : file.Simple(Udp(index, 53, new byte[100]));
        }

        Assert.InRange(JoinedOf(file.ToArray(), 12), haveTimes ? 1 : 12, haveTimes ? 11 : 12);
        AssertEqualMeasurements(file.ToArray());
    }

    [Theory]
    [InlineData("pcap")]
    [InlineData("pcapng")]
    public void Damage_is_told_as_one_thread_tells_it(string form)
    {
        byte[] whole = Write(form, Frames(7, fragments: false));
        for (int part = 1; part <= 9; part++)
        {
            AssertEqualMeasurements(whole[..(whole.Length * part / 9 - 3)]);
            byte[] damaged = [.. whole];
            damaged.AsSpan(whole.Length * part / 10, 400).Fill(0xFF);
            AssertEqualMeasurements(damaged);
        }
    }

    [Fact]
    public void A_filter_or_a_part_of_the_trace_is_counted_over_all_segments()
    {
        CaptureFile file = Open(Write("pcap", Frames(8, fragments: true)));
        TraceFilter filter = new() { DestinationPorts = [new PortRange(53, 53)] };
        AssertEqualMeasurements(filter.Apply(file));
        AssertEqualMeasurements(new TracePartition(1, 3).Apply(file));
        AssertEqualMeasurements(new TracePartition(1, 2).Apply(filter.Apply(file)));
        Assert.True(Measure(filter.Apply(file), 3).Statistics.Filtered > 0);
    }

    [Fact]
    public void A_small_capture_a_table_and_an_unreadable_one_are_not_divided()
    {
        Assert.Null(((ISegmentedSource)CaptureFile.FromBytes("small", Write("pcap", Frames(9, fragments: false)))).Divide(8));
        Assert.Null(((ISegmentedSource)new CaptureFile("no-such-file.pcap")).Divide(8));
        string table = "protocol,source,source-port,destination,destination-port\n" + string.Concat(Enumerable.Repeat("udp,10.0.0.1,1,10.0.0.2,2\n", 1000));
        Assert.Null(((ISegmentedSource)Open(System.Text.Encoding.UTF8.GetBytes(table))).Divide(8));
    }

    [Theory]
    [InlineData("pcap", 31)]
    [InlineData("pcapng", 32)]
    public void Mutated_captures_measure_the_same(string form, ulong seed) => MeasureMutations(form, seed, 300);

    [Theory]
    [Trait("Category", "Soak")]
    [InlineData("pcap", 33)]
    [InlineData("pcapng", 34)]
    public void A_hundred_thousand_mutated_captures_measure_the_same(string form, ulong seed)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes minutes; set REUSEPORTPS_SOAK=1 to run it");
        MeasureMutations(form, seed, 100_000);
    }

    private void MeasureMutations(string form, ulong seed, int count)
    {
        output.WriteLine($"seed {seed}");
        Xoshiro256 random = new(seed);
        byte[][] originals = [.. Enumerable.Range(40, 4).Select(number => Write(form, Frames((ulong)number, fragments: true, packets: 200)))];
        for (int mutation = 0; mutation < count; mutation++)
        {
            byte[] bytes = [.. originals[mutation % originals.Length]];
            for (ulong change = random.NextBelow(3) + 1; change > 0; change--)
            {
                int at = (int)random.NextBelow((ulong)bytes.Length);
                bytes[at] = random.NextBelow(2) == 0 ? (byte)random.NextBelow(256) : (byte)(bytes[at] ^ (1 << (int)random.NextBelow(8)));
            }

            string one = Measure(Open(bytes), 1).ToJson();
            Assert.True(one == Measure(Open(bytes), 2).ToJson(), $"{form}, seed {seed}, mutation {mutation}: {Convert.ToHexString(bytes)}");
        }
    }

    private static CaptureFile Open(byte[] bytes) => new("capture", () => new MemoryInput(bytes)) { ShortestSegment = 500 };

    private static int JoinedOf(byte[] bytes, int segments)
    {
        using ITraceSegments divided = ((ISegmentedSource)Open(bytes)).Divide(segments)!;
        using SegmentedRun run = new(divided, 3, () => new PreviewRun(s_compiled, s_group, new SimulatorOptions(), s_policy), TestContext.Current.CancellationToken);
        run.Read(_ => { });
        return run.Joined;
    }

    private static SteeringMeasurement Measure(IPacketSource trace, int cores) =>
        new PolicyPreview(s_compiled, s_group, "test", source: s_policy) { Cores = cores }.Measure(trace, cancellationToken: TestContext.Current.CancellationToken);

    private static void AssertEqualMeasurements(byte[] bytes) => AssertEqualMeasurements(Open(bytes));

    private static void AssertEqualMeasurements(IPacketSource trace)
    {
        SteeringMeasurement one = Measure(trace, 1);
        foreach (int cores in (int[])[2, 3, 5])
        {
            SteeringMeasurement several = Measure(trace, cores);
            Assert.Equal(one.ToJson(), several.ToJson());
            Assert.Equal(one.Failure, several.Failure);
        }
    }

    private static byte[] Udp(uint client, ushort port, byte[] payload)
    {
        PacketBuilder builder = new(65000);
        FlowKey flow = new(IpFamily.V4, TransportProtocol.Udp, 0x0A000000 + client, 0xC0000201, (ushort)(1000 + (client % 5000)), port);
        return builder.Memory[..builder.WriteUdp(flow, 0, payload)].ToArray();
    }

    /// <summary>
    /// Long flows of both protocols and families, to a host, to several, and back: TCP with its SYN at the beginning, in the middle, twice, or never.
    /// </summary>
    private static List<(long Microseconds, byte[] Frame)> Frames(ulong seed, bool fragments, int packets = 1500)
    {
        Xoshiro256 random = new(seed);
        PacketBuilder builder = new(2000);
        List<(long, byte[])> frames = [];
        long time = 1_700_000_000_000_000;
        for (int index = 0; index < packets; index++)
        {
            time += (long)random.NextBelow(20_000);
            uint client = (uint)random.NextBelow(60);
            bool isTcp = client % 3 != 0;
            bool isV6 = client % 5 == 0;
            (UInt128 source, UInt128 destination) = isV6 ? ((UInt128)0xFD00 << 112 | client, (UInt128)0xFD00 << 112 | 0xFFFF) : ((UInt128)0x0A000000 + client, client == 9 ? 0xE0000001 : 0xC0000201);
            FlowKey flow = new(isV6 ? IpFamily.V6 : IpFamily.V4, isTcp ? TransportProtocol.Tcp : TransportProtocol.Udp, source, destination, (ushort)(1000 + client), (ushort)(client % 2 == 0 ? 53 : 443));
            if (client % 7 == 0 && random.NextBelow(2) == 0)
            {
                flow = new(flow.Family, flow.Protocol, flow.Destination, flow.Source, flow.DestinationPort, flow.SourcePort);
            }

            byte[] payload = new byte[random.NextBelow(300)];
            if (fragments && !isTcp && random.NextBelow(20) == 0)
            {
                List<byte[]> pieces = Fragments.Of(flow, new byte[700], 256, (uint)index);
                frames.AddRange(pieces.Take(random.NextBelow(8) == 0 ? 2 : pieces.Count).Select(piece => (time++, piece)));
                continue;
            }

            int length = isTcp ? builder.WriteTcp(flow, 0, random.NextBelow(40) == 0 ? (byte)0x02 : (byte)0x10, 1, payload) : builder.WriteUdp(flow, 0, payload);
            frames.Add((time, builder.Memory[..length].ToArray()));
        }

        return frames;
    }

    private static byte[] Write(string form, List<(long Microseconds, byte[] Frame)> frames)
    {
        bool bigEndian = form.Contains("big", StringComparison.Ordinal);
        if (form.StartsWith("pcapng", StringComparison.Ordinal))
        {
            PcapngBytes blocks = new PcapngBytes(bigEndian).Section().Interface(101);
            foreach ((int index, (long time, byte[] frame)) in frames.Index())
            {
                _ = index % 17 == 16 ? blocks.Block(5, new byte[12]) : blocks.Packet(0, (ulong)time, frame);
            }

            return blocks.ToArray();
        }

        bool nanoseconds = form.Contains("nano", StringComparison.Ordinal);
        PcapBytes records = new(bigEndian, nanoseconds);
        foreach ((long time, byte[] frame) in frames)
        {
            records.Record((uint)(time / 1_000_000), (uint)(time % 1_000_000) * (nanoseconds ? 1000u : 1), frame);
        }

        return records.ToArray();
    }
}
