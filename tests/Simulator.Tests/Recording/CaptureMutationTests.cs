using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Randomness;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>Damages a file at random and holds the reader to its promises: no exception, an end, every byte accounted for.</summary>
public sealed class CaptureMutationTests
{
    [Theory]
    [InlineData("pcap", 20261)]
    [InlineData("pcapng", 20263)]
    [InlineData("csv", 20265)]
    public void Fifty_thousand_mutations_are_read_to_an_end(string format, ulong seed) => Run(format, seed, mutations: 50_000);

    [Theory]
    [Trait("Category", "Soak")]
    [InlineData("pcap", 20262)]
    [InlineData("pcapng", 20264)]
    [InlineData("csv", 20266)]
    public void Ten_million_mutations_are_read_to_an_end(string format, ulong seed)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes minutes; set REUSEPORTPS_SOAK=1 to run it");
        Run(format, seed, mutations: 10_000_000);
    }

    private static void Run(string format, ulong seed, int mutations)
    {
        Xoshiro256 random = new(seed);
        byte[][] originals = format switch
        {
            "pcap" => [Build(LinkType.Raw, []), Build(LinkType.Ethernet, [.. new byte[12], 0x81, 0, 0, 7, 8, 0]), Build(LinkType.LinuxCooked2, [8, 0, .. new byte[18]])],
            "pcapng" => [BuildPcapng(bigEndian: false), BuildPcapng(bigEndian: true)],
            _ => [BuildTable(','), BuildTable('\t')],
        };
        long before = GC.GetAllocatedBytesForCurrentThread();
        long bytes = 0;
        for (int mutation = 0; mutation < mutations; mutation++)
        {
            byte[] file = Mutate(originals[mutation % originals.Length], random);
            bytes += file.Length;
            try
            {
                Check(file);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"{format}, seed {seed}, mutation {mutation}: {Convert.ToHexString(file)}", exception);
            }
        }

        // Whatever a length claims: a reader's own buffers, and some for each byte of the file.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (mutations * 1_000_000L) + (100 * bytes));
    }

    private static byte[] BuildPcapng(bool bigEndian)
    {
        PcapngBytes file = new PcapngBytes(bigEndian).Section().Interface(101).Interface(1, resolution: 9, offset: 5).Interface(147);
        byte[] ethernet = [.. new byte[12], 0x08, 0x00];
        int number = 0;
        foreach (byte[] packet in Fragments.Of(new FlowKey(IpFamily.V4, TransportProtocol.Udp, 1, 2, 3, 4), new byte[3000], 1480))
        {
            file.Packet(0, (ulong)number++, packet);
        }

        foreach (byte[] packet in Packets())
        {
            _ = (number++ % 5) switch
            {
                0 => file.Packet(1, (ulong)number, [.. ethernet, .. packet], flags: 1),
                1 => file.Simple(packet),
                2 => file.Obsolete(0, (ulong)number, packet),
                3 => file.Block(5, new byte[12]),
                _ => file.Packet(0, (ulong)number, packet, flags: 2),
            };
        }

        return file.Section().Interface(113).Packet(2, 1, [1, 2, 3, 4]).ToArray();
    }

    private static byte[] BuildTable(char separator)
    {
        const string Table = """
            time,protocol,source,source-port,destination,destination-port,flags,length,payload,cpu
            1.000000001,tcp,10.0.0.1,4000,192.0.2.1,443,S,,,0
            "2.5",udp,2001:db8::1,4001,2001:db8::2,53,,100,"c0ffee",3
            2026-01-01T00:00:00Z,17,10.0.0.3,5,192.0.2.1,443,,,00,1
            3,6,10.0.0.4,65535,192.0.2.1,1,0x12,40,,2

            """;
        return System.Text.Encoding.UTF8.GetBytes("\uFEFF" + Table.Replace(',', separator));
    }

    private static IEnumerable<byte[]> Packets()
    {
        foreach (TransportProtocol protocol in Enum.GetValues<TransportProtocol>())
        {
            GeneratedTrace trace = new(new GeneratedTraceOptions { Seed = 1, Flows = 6, PacketsPerFlow = 2, Protocol = protocol, LargestPayloadLength = 40 });
            using IPacketReader reader = trace.Open();
            while (reader.TryRead(out Packet packet))
            {
                yield return packet.Data.ToArray();
            }
        }
    }

    private static byte[] Build(LinkType link, byte[] linkHeader)
    {
        using MemoryStream stream = new();
        PcapWriter writer = new(stream, link);
        int number = 0;
        foreach (byte[] packet in Packets())
        {
            byte[] frame = [.. linkHeader, .. packet];
            writer.Write(number++, frame, frame.Length);
        }

        return stream.ToArray();
    }

    private static byte[] Mutate(byte[] original, Xoshiro256 random)
    {
        List<byte> file = [.. original];
        for (uint change = random.NextBelow(6u) + 1; change > 0 && file.Count > 0; change--)
        {
            int at = (int)random.NextBelow((uint)file.Count);
            switch (random.NextBelow(7u))
            {
                case 0:
                    file[at] ^= (byte)(1 << (int)random.NextBelow(8u));
                    break;
                case 1:
                    file[at] = (byte)random.NextUInt32();
                    break;
                case 2:
                    file[at] = random.NextBelow(2u) == 0 ? (byte)0 : (byte)0xFF;
                    break;
                case 3:
                    file.RemoveRange(at, Math.Min(file.Count - at, (int)random.NextBelow(20u)));
                    break;
                case 4:
                    file.InsertRange(at, new byte[random.NextBelow(20u)]);
                    break;
                case 5:
                    // Mostly the end: a cut anywhere would leave little to read.
                    file.RemoveRange(Math.Max(at, file.Count - 100), file.Count - Math.Max(at, file.Count - 100));
                    break;
                default:
                    byte[] piece = [.. file.Skip(at).Take((int)random.NextBelow(60u))];
                    file.InsertRange((int)random.NextBelow((uint)file.Count), piece);
                    break;
            }
        }

        return [.. file];
    }

    private static void Check(byte[] file)
    {
        using IPacketReader reader = CaptureFile.FromBytes("mutated", file).Open();
        long packets = 0;
        long lastIndex = -1;
        while (reader.TryRead(out Packet packet))
        {
            packets++;
            Assert.True(packet.Index > lastIndex);
            lastIndex = packet.Index;
            Assert.InRange(packet.TransportOffset, 20, packet.Data.Length - 8);
            Assert.InRange(packet.Data.Length, 28, packet.TransportOffset + packet.TransportLength);
        }

        TraceStatistics counts = reader.Statistics;
        Assert.Equal(packets, counts.Packets);
        Assert.Equal(counts.Records, counts.Packets + counts.OtherProtocol + counts.Fragments + counts.NotReceived + counts.Malformed + counts.Reassembled + counts.UnknownLinkType);
        Assert.InRange(counts.Records, 0, file.Length);
        Assert.True(counts.Fragments >= 0);
        if (reader.Failure is Diagnostic failure)
        {
            Assert.StartsWith("RPS60", failure.Code, StringComparison.Ordinal);
            Assert.InRange(failure.Location!.Offset!.Value, 0, file.Length);
        }
        else
        {
            Assert.Equal(1.0, reader.Progress);
        }
    }
}
