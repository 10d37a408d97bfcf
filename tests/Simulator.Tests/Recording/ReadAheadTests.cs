using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>Packets that are read together are those that are read one by one, and stay what they are until the next reading.</summary>
public sealed class ReadAheadTests
{
    private static readonly FlowKey s_flow = new(IpFamily.V4, TransportProtocol.Udp, 0x0A010203, 0xC0000201, 5555, 53);

    [Theory]
    [InlineData("pcap")]
    [InlineData("pcapng")]
    [InlineData("csv")]
    public void Packets_read_together_are_those_read_one_by_one(string format)
    {
        IPacketSource whole = CaptureFile.FromBytes(format, Bytes(format));
        foreach (IPacketSource trace in (IPacketSource[])[whole, new TracePartition(1, 3).Apply(whole), new TraceFilter { SourcePorts = [new(2000, 2600)] }.Apply(whole)])
        {
            (List<string> oneByOne, TraceStatistics statistics) = Read(trace, 1);
            Assert.NotEmpty(oneByOne);
            foreach (int size in (int[])[2, 7, 64])
            {
                (List<string> together, TraceStatistics same) = Read(trace, size);
                Assert.Equal(oneByOne, together);
                Assert.Equal(statistics, same);
            }
        }
    }

    /// <summary>Several windows of the buffer, with datagrams in fragments, other protocols, damaged frames and packets of many sizes.</summary>
    private static byte[] Bytes(string format)
    {
        if (format == "csv")
        {
            return [.. "protocol,source,source-port,destination,destination-port\n"u8, .. Enumerable.Range(0, 3000).SelectMany(i => System.Text.Encoding.ASCII.GetBytes($"udp,10.0.0.1,{1000 + i},10.0.0.2,53\n"))];
        }

        PacketBuilder builder = new(65000);
        PcapBytes pcap = new();
        PcapngBytes pcapng = new PcapngBytes().Section().Interface(101);
        for (int i = 0; i < 3000; i++)
        {
            FlowKey flow = s_flow with { SourcePort = (ushort)(1000 + i) };
            byte[] payload = [.. Enumerable.Range(0, (i * 37 % 1400) + (i % 500 == 3 ? 40_000 : 0)).Select(at => (byte)(at * i))];
            IEnumerable<byte[]> frames = i % 50 == 7 ? Fragments.Of(flow, [.. payload, .. new byte[900]], 320) : [builder.Memory[..builder.WriteUdp(flow, (ushort)i, payload)].ToArray()];
            foreach (byte[] frame in i % 9 == 4 ? frames.Append([0x45, 0]).Append([.. frames.First()[..9], 1, .. frames.First()[10..]]) : frames)
            {
                pcap.Record((uint)i, 5, frame);
                pcapng.Packet(0, (ulong)i, frame);
            }

            if (i % 100 == 50)
            {
                pcapng.Block(0x0BAD, new byte[20_000]).Interface(101);
            }
        }

        return format == "pcap" ? pcap.ToArray() : pcapng.ToArray();
    }

    private static (List<string> Packets, TraceStatistics Statistics) Read(IPacketSource trace, int size)
    {
        using IPacketReader reader = trace.Open();
        List<string> packets = [];
        Packet[] batch = new Packet[size];
        for (int count = reader.Read(batch); count > 0; count = reader.Read(batch))
        {
            foreach (ref readonly Packet packet in batch.AsSpan(0, count))
            {
                packets.Add($"{packet.Index} {packet.Timestamp} {packet.Flow} {packet.TransportOffset} {packet.TransportLength} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(packet.Data.Span))}");
            }
        }

        Assert.Null(reader.Failure);
        return (packets, reader.Statistics);
    }
}
