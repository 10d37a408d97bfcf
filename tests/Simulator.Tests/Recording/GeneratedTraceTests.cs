using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

public sealed class GeneratedTraceTests
{
    private static readonly GeneratedTraceOptions s_udp = new() { Seed = 7, Flows = 500, PacketsPerFlow = 8 };
    private static readonly GeneratedTraceOptions s_tcp = s_udp with { Protocol = TransportProtocol.Tcp, Popularity = 1.1, Arrivals = Arrivals.Constant };

    private sealed record Copy(long Timestamp, byte[] Data, int TransportOffset, int TransportLength, FlowKey Flow, byte TcpFlags, bool IsPureSyn);

    // The hashes hold the bytes and times over machines and versions. A change of them is a change of what a seed means: say so in CHANGELOG.md.
    [Fact]
    public void A_seed_means_these_bytes_udp() => Assert.Equal("8703199ead3f7f9fdc586a818b9838afc6176e5dd742d89f51683cd70b990c1c", Fingerprint(s_udp));

    [Fact]
    public void A_seed_means_these_bytes_tcp() => Assert.Equal("a9e10fb70e2a7eb303a79ab1ebeafd92fc15a5cb08657fdebab313474eefbe35", Fingerprint(s_tcp));

    [Fact]
    public void Another_seed_means_other_bytes() => Assert.NotEqual(Fingerprint(s_udp), Fingerprint(s_udp with { Seed = 8 }));

    [Fact]
    public void Other_payloads_leave_flows_order_and_times_as_they_are()
    {
        (long, FlowKey)[] Outline(GeneratedTraceOptions options) => [.. Read(options).Select(packet => (packet.Timestamp, packet.Flow))];
        Assert.Equal(Outline(s_udp), Outline(s_udp with { LargestPayloadLength = 1400 }));
    }

    public static TheoryData<TransportProtocol, IpFamily> Kinds => new()
    {
        { TransportProtocol.Udp, IpFamily.V4 },
        { TransportProtocol.Udp, IpFamily.V6 },
        { TransportProtocol.Tcp, IpFamily.V4 },
        { TransportProtocol.Tcp, IpFamily.V6 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Packets_are_what_their_headers_say_and_have_valid_checksums(TransportProtocol protocol, IpFamily family)
    {
        foreach (Copy packet in Read(s_udp with { Protocol = protocol, Family = family, SmallestPayloadLength = 0, LargestPayloadLength = 99 }))
        {
            Assert.Equal(ParseOutcome.Packet, PacketParser.Parse(LinkType.Raw, packet.Data, packet.Data.Length, out Packet parsed));
            Assert.Equal(packet.Flow, parsed.Flow);
            Assert.Equal((packet.TransportOffset, packet.TransportLength, packet.TcpFlags), (parsed.TransportOffset, parsed.TransportLength, parsed.TcpFlags));
            Assert.Equal(packet.Data.Length, parsed.Data.Length);
            Assert.Equal((family, protocol), (parsed.Flow.Family, parsed.Flow.Protocol));

            // A sum that includes its own checksum is all ones (RFC 1071).
            ReadOnlySpan<byte> addresses = family == IpFamily.V4 ? packet.Data.AsSpan(12, 8) : packet.Data.AsSpan(8, 32);
            byte[] covered = [.. addresses, .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(packet.TransportLength)), 0, 0, 0, (byte)protocol, .. packet.Data.AsSpan(packet.TransportOffset)];
            Assert.Equal(0xFFFF, OnesComplementSum(covered));
            if (family == IpFamily.V4)
            {
                Assert.Equal(0xFFFF, OnesComplementSum(packet.Data[..20]));
            }
        }
    }

    [Fact]
    public void Every_flow_has_its_packets_and_its_own_source()
    {
        Copy[] packets = [.. Read(s_udp)];
        Assert.Equal(4000, packets.Length);
        var flows = packets.GroupBy(packet => packet.Flow).ToArray();
        Assert.Equal(500, flows.Length);
        Assert.All(flows, flow => Assert.Equal(8, flow.Count()));
        Assert.Equal(500, flows.Select(flow => (flow.Key.Source, flow.Key.SourcePort)).Distinct().Count());
        Assert.Equal([IpFamily.V4, IpFamily.V6], flows.Select(flow => flow.Key.Family).Distinct().Order());
        Assert.All(flows, flow => Assert.True(Prefix(flow.Key.Family == IpFamily.V4 ? "10.0.0.0/8" : "2001:db8:1::/48").Contains(flow.Key.Family, flow.Key.Source)));
        Assert.All(flows, flow => Assert.Equal(flow.Key.Family == IpFamily.V4 ? "192.0.2.1:443" : "[2001:db8::1]:443", flow.Key.DestinationEndPoint.ToString()));
    }

    [Fact]
    public void Tcp_flows_begin_with_a_syn_and_go_on_with_data_in_sequence()
    {
        foreach (var flow in Read(s_tcp).GroupBy(packet => packet.Flow))
        {
            uint next = 0;
            foreach ((int position, Copy packet) in flow.Index())
            {
                uint sequence = BinaryPrimitives.ReadUInt32BigEndian(packet.Data.AsSpan(packet.TransportOffset + 4));
                Assert.Equal(position == 0, packet.IsPureSyn);
                Assert.Equal(position == 0 ? 40 : 20, (packet.Data[packet.TransportOffset + 12] >> 4) * 4);
                Assert.True(position == 0 || sequence == next);
                next = sequence + (position == 0 ? 1 : (uint)(packet.TransportLength - 20));
            }
        }
    }

    [Fact]
    public void Popularity_follows_the_exponent()
    {
        // 1/k over 100 flows sums to 5.187, so the first flow has 1 + 9900 / 5.187 packets and the tenth a tenth of that.
        int[] counts = [.. Read(s_udp with { Flows = 100, Packets = 10_000, Popularity = 1 }).GroupBy(packet => packet.Flow).Select(flow => flow.Count()).OrderDescending()];
        Assert.Equal(10_000, counts.Sum());
        Assert.Equal(100, counts.Length);
        Assert.InRange(counts[0], 1909, 1911);
        Assert.InRange(counts[9], 190, 194);
        Assert.InRange(counts[99], 18, 22);
    }

    [Fact]
    public void Constant_arrivals_are_equally_spaced() =>
        Assert.Equal([0, 250_000, 500_000, 750_000], Read(s_tcp with { Rate = 4000 }).Take(4).Select(packet => packet.Timestamp));

    [Fact]
    public void Poisson_arrivals_have_the_rate_and_its_spread()
    {
        long[] times = [.. Read(s_udp with { Flows = 1, Packets = 100_001, Rate = 1000, LargestPayloadLength = 16 }).Select(packet => packet.Timestamp)];
        double[] gaps = [.. times.Zip(times.Skip(1), (first, second) => (second - first) / 1e6)];
        double mean = gaps.Average();
        double deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));
        Assert.InRange(mean, 0.99, 1.01); // three standard errors
        Assert.InRange(deviation, 0.97, 1.03);
        Assert.InRange(gaps.Count(gap => gap > 1) / 100_000.0, 0.363, 0.373); // 1/e
        Assert.All(gaps, gap => Assert.True(gap >= 0));
    }

    [Fact]
    public void A_source_space_can_be_used_up()
    {
        GeneratedTraceOptions options = new() { Flows = 64512 + 100, PacketsPerFlow = 1, Sources = [Prefix("10.0.0.1/32"), Prefix("2001:db8::/120")] };
        Copy[] packets = [.. Read(options with { SmallestPayloadLength = 0, LargestPayloadLength = 0 })];
        Assert.Equal(options.Flows, packets.Select(packet => packet.Flow).Distinct().Count());

        GeneratedTraceOptions full = options with { Flows = 64512, Sources = [Prefix("10.0.0.1/32")] };
        Assert.Equal(64512, Read(full).Select(packet => packet.Flow).Distinct().Count());
    }

    public static TheoryData<GeneratedTraceOptions, string> BadOptions => new()
    {
        { new() { Flows = 0 }, "Flows" },
        { new() { Flows = 20_000_000 }, "Flows" },
        { new() { Flows = 10, Packets = 9 }, "Packets" },
        { new() { PacketsPerFlow = 0 }, "PacketsPerFlow" },
        { new() { SmallestPayloadLength = -1 }, "LargestPayloadLength" },
        { new() { SmallestPayloadLength = 600 }, "LargestPayloadLength" },
        { new() { LargestPayloadLength = 65_001 }, "LargestPayloadLength" },
        { new() { Popularity = -0.1 }, "Popularity" },
        { new() { Popularity = double.NaN }, "Popularity" },
        { new() { Rate = 0 }, "Rate" },
        { new() { Rate = double.NaN }, "Rate" },
        { new() { Rate = 0.001, Packets = long.MaxValue / 2 }, "Rate" },
        { new() { Family = IpFamily.V6, Sources = [Prefix("10.0.0.0/8")] }, "Sources" },
        { new() { Sources = [Prefix("10.0.0.0/8"), Prefix("10.1.0.0/16")] }, "Sources" },
        { new() { Sources = [Prefix("10.0.0.1/32")], Flows = 64_513 }, "Sources" },
        { new() { Flows = 10, Clients = 11 }, "Clients" },
        { new() { Clients = 0 }, "Clients" },
        { new() { Flows = 100_000, PacketsPerFlow = 1, Clients = 1 }, "Clients" },
        { new() { Sources = [Prefix("10.0.0.0/31")], Clients = 3 }, "Clients" },
        { new() { Rebinding = 1.1 }, "Rebinding" },
        { new() { Rebinding = 0.1, Protocol = TransportProtocol.Tcp }, "Protocol" },
        { new() { Payload = Payloads.Quic }, "SmallestPayloadLength" },
        { new() { Destinations = [new(IPAddress.Loopback, 1), new(IPAddress.Loopback, 2)] }, "Destinations" },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Impossible_options_are_refused_by_name(GeneratedTraceOptions options, string option)
    {
        Diagnostic error = Assert.Single(options.Validate());
        Assert.Equal(("RPS6011", option), (error.Code, error.Location?.Source));
        Assert.NotNull(error.Remedy);
        Assert.Throws<DiagnosticException>(() => new GeneratedTrace(options));
    }

    [Fact]
    public void A_few_clients_have_all_the_flows()
    {
        Copy[] packets = [.. Read(s_udp with { Clients = 3 })];
        Assert.Equal(3, packets.Select(packet => packet.Flow.Source).Distinct().Count());
        Assert.Equal(500, packets.Select(packet => packet.Flow).Distinct().Count());
        Assert.Equal(65_535 - 1023, Read(new() { Flows = 64_512, PacketsPerFlow = 1, Clients = 1, Payload = Payloads.Dns }).Select(packet => packet.Flow.SourcePort).Distinct().Count());
    }

    [Fact]
    public void A_tiny_prefix_gives_way_when_it_is_full()
    {
        GeneratedTraceOptions options = s_udp with { Clients = 4, Sources = [Prefix("10.0.0.0/31"), Prefix("10.0.1.0/31")] };
        Assert.Equal(4, Read(options).Select(packet => packet.Flow.Source).Distinct().Count());
    }

    [Fact]
    public void A_nat_that_forgets_changes_the_port_and_nothing_else()
    {
        GeneratedTraceOptions options = s_udp with { Payload = Payloads.Quic, SmallestPayloadLength = 40, Rebinding = 0.5 };
        var flows = Read(options).GroupBy(packet => BinaryPrimitives.ReadUInt64BigEndian(packet.Data.AsSpan(packet.TransportOffset + 9)))
            .Where(flow => (flow.First().Data[flow.First().TransportOffset + 8] & 0x80) == 0).ToList();
        Assert.Equal(500, flows.Count);
        Assert.All(flows, flow => Assert.Single(flow.Select(packet => packet.Flow.Source).Distinct()));
        Assert.InRange(flows.Count(flow => flow.Select(packet => packet.Flow).Distinct().Count() == 2), 200, 300);

        // What is not asked for changes nothing.
        Assert.Equal(Read(s_udp).Select(packet => packet.Flow), Read(s_udp with { Payload = Payloads.Dns }).Select(packet => packet.Flow));
    }

    [Fact]
    public void A_quic_flow_begins_with_an_initial_and_goes_on_with_its_connection_id()
    {
        foreach (IGrouping<FlowKey, Copy> flow in Read(s_udp with { Payload = Payloads.Quic, SmallestPayloadLength = 40 }).GroupBy(packet => packet.Flow))
        {
            byte[][] payloads = [.. flow.Select(packet => packet.Data[(packet.TransportOffset + 8)..])];
            byte[] initial = payloads[0];
            Assert.True(initial.Length >= 1200);
            Assert.Equal((0xC0, 1u, 8, 8, 0), (initial[0] & 0xF0, BinaryPrimitives.ReadUInt32BigEndian(initial.AsSpan(1)), initial[5], initial[14], initial[23]));
            Assert.Equal(initial.Length - 26, BinaryPrimitives.ReadUInt16BigEndian(initial.AsSpan(24)) & 0x3FFF);
            Assert.All(payloads[1..], payload => Assert.Equal(0x40, payload[0] & 0xC0));
            Assert.Single(payloads[1..].Select(payload => Convert.ToHexString(payload, 1, 8)).Distinct());
        }
    }

    [Fact]
    public void Dns_queries_are_read_by_tshark()
    {
        string file = Path.GetTempFileName();
        try
        {
            using (FileStream stream = File.Create(file))
            {
                PcapWriter writer = new(stream);
                using IPacketReader reader = new GeneratedTrace(s_udp with { Payload = Payloads.Dns, Destinations = [new(IPAddress.Parse("192.0.2.1"), 53), new(IPAddress.Parse("2001:db8::1"), 53)] }).Open();
                while (reader.TryRead(out Packet packet))
                {
                    writer.Write(packet);
                }
            }

            string[] names = PeerTool.Lines("tshark", "-n", "-r", file, "-Y", "dns.flags.response == 0 && dns.count.queries == 1 && !_ws.malformed", "-T", "fields", "-e", "dns.qry.name");
            Assert.Equal(4000, names.Length);
            Assert.All(names, name => Assert.EndsWith(".example", name, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Quic_is_read_by_tshark()
    {
        string file = Path.GetTempFileName();
        try
        {
            using (FileStream stream = File.Create(file))
            {
                PcapWriter writer = new(stream);
                using IPacketReader reader = new GeneratedTrace(s_udp with { Payload = Payloads.Quic, SmallestPayloadLength = 40 }).Open();
                while (reader.TryRead(out Packet packet))
                {
                    writer.Write(packet);
                }
            }

            string[] initials = PeerTool.Lines("tshark", "-n", "-r", file, "-Y", "quic.long.packet_type == 0 && quic.version == 1", "-T", "fields", "-e", "frame.number");
            Assert.Equal(500, initials.Length);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static IEnumerable<Copy> Read(GeneratedTraceOptions options)
    {
        using IPacketReader reader = new GeneratedTrace(options).Open();
        while (reader.TryRead(out Packet packet))
        {
            yield return new Copy(packet.Timestamp, packet.Data.ToArray(), packet.TransportOffset, packet.TransportLength, packet.Flow, packet.TcpFlags, packet.IsPureSyn);
        }
    }

    private static string Fingerprint(GeneratedTraceOptions options)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] time = new byte[8];
        foreach (Copy packet in Read(options))
        {
            BinaryPrimitives.WriteInt64LittleEndian(time, packet.Timestamp);
            hash.AppendData(time);
            hash.AppendData(packet.Data);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static int OnesComplementSum(byte[] bytes)
    {
        int sum = 0;
        for (int at = 0; at < bytes.Length; at += 2)
        {
            sum += (bytes[at] << 8) | (at + 1 < bytes.Length ? bytes[at + 1] : 0);
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return sum;
    }

    private static AddressPrefix Prefix(string text) => AddressPrefix.TryParse(text, out AddressPrefix prefix, out _) ? prefix : throw new ArgumentException(text);
}
