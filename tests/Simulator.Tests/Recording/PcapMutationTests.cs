using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Randomness;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>Damages a file at random and holds the reader to its promises: no exception, an end, every byte accounted for.</summary>
public sealed class PcapMutationTests
{
    [Fact]
    public void Fifty_thousand_mutations_are_read_to_an_end() => Run(seed: 20261, mutations: 50_000);

    [Fact]
    [Trait("Category", "Soak")]
    public void Ten_million_mutations_are_read_to_an_end()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes a minute; set REUSEPORTPS_SOAK=1 to run it");
        Run(seed: 20262, mutations: 10_000_000);
    }

    private static void Run(ulong seed, int mutations)
    {
        Xoshiro256 random = new(seed);
        byte[][] originals = [Build(LinkType.Raw, []), Build(LinkType.Ethernet, [.. new byte[12], 0x81, 0, 0, 7, 8, 0]), Build(LinkType.LinuxCooked2, [8, 0, .. new byte[18]])];
        for (int mutation = 0; mutation < mutations; mutation++)
        {
            byte[] file = Mutate(originals[mutation % originals.Length], random);
            try
            {
                Check(file);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}, mutation {mutation}: {Convert.ToHexString(file)}", exception);
            }
        }
    }

    private static byte[] Build(LinkType link, byte[] linkHeader)
    {
        using MemoryStream stream = new();
        PcapWriter writer = new(stream, link);
        foreach (TransportProtocol protocol in Enum.GetValues<TransportProtocol>())
        {
            GeneratedTrace trace = new(new GeneratedTraceOptions { Seed = 1, Flows = 6, PacketsPerFlow = 2, Protocol = protocol, LargestPayloadLength = 40 });
            using IPacketReader reader = trace.Open();
            while (reader.TryRead(out Packet packet))
            {
                byte[] frame = [.. linkHeader, .. packet.Data.Span];
                writer.Write(packet.Timestamp, frame, frame.Length);
            }
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
        using IPacketReader reader = PcapFile.FromBytes("mutated.pcap", file).Open();
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
        Assert.Equal(counts.Records, counts.Packets + counts.OtherProtocol + counts.Fragments + counts.NotReceived + counts.Malformed);
        Assert.InRange(counts.Records, 0, file.Length / 16);
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
