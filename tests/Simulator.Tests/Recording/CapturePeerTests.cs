using System.Globalization;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>tshark, tcpdump and editcap (Debian: tshark, tcpdump, wireshark-common) find the same in the same files.</summary>
public sealed class CapturePeerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reuseportps-peers").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("pcap")]
    [InlineData("nsecpcap")]
    [InlineData("pcapng")]
    public void Files_that_editcap_wrote_hold_the_same_packets(string format)
    {
        string original = WriteOriginal();
        string converted = PathTo("converted");
        PeerTool.Run("editcap", "-F", format, original, converted);
        List<string> expected = Read(new CaptureFile(original), format == "nsecpcap" || format == "pcapng" ? 1 : 1000);
        Assert.Equal(expected, Read(new CaptureFile(converted), format == "nsecpcap" || format == "pcapng" ? 1 : 1000));
        Assert.Equal(expected.Count, CountByTcpdump(converted));
        Assert.Equal(expected.Count, TsharkFields(converted, "udp || tcp", "frame.number").Count);
    }

    [Fact]
    public void Files_of_several_interfaces_hold_the_same_packets()
    {
        string original = WriteOriginal();
        string ethernet = PathTo("ethernet");
        PeerTool.Run("editcap", "-F", "pcapng", "-T", "ether", PathTo("tagged"), ethernet);
        string merged = PathTo("merged");
        PeerTool.Run("mergecap", "-F", "pcapng", "-a", "-w", merged, original, ethernet);
        List<string> ours = Read(new CaptureFile(merged), 1);
        Assert.Equal(Read(new CaptureFile(original), 1).Concat(Read(new CaptureFile(ethernet), 1)), ours);
        List<string> flows = TsharkFields(merged, "udp || tcp", "ip.src", "ipv6.src", "udp.srcport", "tcp.srcport");
        Assert.Equal(flows.Count, ours.Count);
        Assert.Equal(flows.Distinct().Count(), ours.Select(line => string.Join(' ', line.Split(' ')[1..3])).Distinct().Count());
    }

    [Fact]
    public void Packets_that_editcap_cut_are_counted_as_tshark_counts_them()
    {
        string original = WriteOriginal();
        string cut = PathTo("cut");
        PeerTool.Run("editcap", "-F", "pcapng", "-s", "100", original, cut);
        using IPacketReader reader = new CaptureFile(cut).Open();
        while (reader.TryRead(out _))
        {
        }

        Assert.Equal(TsharkFields(cut, "frame.cap_len < frame.len", "frame.number").Count, reader.Statistics.CutShort);
        Assert.InRange(reader.Statistics.CutShort, 1, reader.Statistics.Packets);
    }

    [Fact]
    public void Fragments_make_the_datagrams_that_tshark_makes_of_them()
    {
        string file = PathTo("fragments");
        using (FileStream stream = File.Create(file))
        {
            PcapWriter writer = new(stream);
            for (uint number = 0; number < 40; number++)
            {
                FlowKey flow = number % 2 == 0
                    ? new(IpFamily.V4, TransportProtocol.Udp, 0x0A000000 + number, 0xC0000201, 5000, 53)
                    : new(IpFamily.V6, TransportProtocol.Udp, ((UInt128)0x20010DB8 << 96) + number, ((UInt128)0x20010DB8 << 96) + 99, 5000, 53);
                List<byte[]> fragments = Fragments.Of(flow, new byte[1000 + (number * 100)], 640, number);
                fragments.Reverse();
                if (number % 5 == 0)
                {
                    fragments.RemoveAt(1);
                }

                fragments.ForEach(fragment => writer.Write(number, fragment, fragment.Length));
            }
        }

        List<string> expected = TsharkFields(file, "ip.reassembled.length || ipv6.reassembled.length", "frame.number");
        using IPacketReader reader = new CaptureFile(file).Open();
        List<string> ours = [];
        while (reader.TryRead(out Packet packet))
        {
            ours.Add((packet.Index + 1).ToString(CultureInfo.InvariantCulture));
        }

        Assert.Equal(expected, ours);
        Assert.Equal(32, ours.Count);
    }

    private static List<string> Read(CaptureFile file, long resolution)
    {
        using IPacketReader reader = file.Open();
        List<string> lines = [];
        while (reader.TryRead(out Packet packet))
        {
            lines.Add(string.Create(
                CultureInfo.InvariantCulture, $"{packet.Timestamp / resolution} {packet.Flow} {packet.TransportLength} {Convert.ToHexString(packet.Data.Span)}"));
        }

        Assert.Null(reader.Failure);
        return lines;
    }

    private static int CountByTcpdump(string file) => int.Parse(PeerTool.Run("tcpdump", "--count", "-r", file).Split(' ')[0], CultureInfo.InvariantCulture);

    private static List<string> TsharkFields(string file, string filter, params string[] fields) =>
        [.. PeerTool.Lines("tshark", ["-n", "-r", file, "-Y", filter, "-T", "fields", .. fields.SelectMany(field => (string[])["-e", field])])];

    private string PathTo(string name) => Path.Combine(_folder, name);

    /// <summary>Raw packets of both families and protocols; and the same behind Ethernet headers with a tag, as "tagged".</summary>
    private string WriteOriginal()
    {
        using FileStream raw = File.Create(PathTo("original"));
        using FileStream tagged = File.Create(PathTo("tagged"));
        PcapWriter writer = new(raw);
        PcapWriter taggedWriter = new(tagged, LinkType.Ethernet);
        foreach (TransportProtocol protocol in Enum.GetValues<TransportProtocol>())
        {
            using IPacketReader reader = new GeneratedTrace(new GeneratedTraceOptions { Seed = 7, Flows = 100, PacketsPerFlow = 5, Protocol = protocol }).Open();
            while (reader.TryRead(out Packet packet))
            {
                writer.Write(packet);
                byte[] frame = [.. new byte[12], 0x81, 0, 0, 7, .. packet.Flow.Family == IpFamily.V4 ? (byte[])[8, 0] : [0x86, 0xDD], .. packet.Data.Span];
                taggedWriter.Write(packet.Timestamp, frame, frame.Length);
            }
        }

        return PathTo("original");
    }
}
