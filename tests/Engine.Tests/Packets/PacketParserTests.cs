using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Tests.Packets;

/// <summary>
/// The cases are hand-made frames. For those that are packets, addresses, ports, offsets, lengths and flags are what tshark 4.0.17
/// prints for the frame; what is refused follows the kernel (sent as frames to a UDP socket on Linux 6.18, where the frame allows it).
/// </summary>
public sealed class PacketParserTests
{
    public sealed record Case(
        string Name,
        int Link,
        string Frame,
        ParseOutcome Outcome,
        int? Sent = null,
        string? Flow = null,
        int NetworkOffset = 0,
        int TransportOffset = 0,
        int TransportLength = 0,
        byte TcpFlags = 0)
    {
        public byte[] Bytes => Convert.FromHexString(Frame);
    }

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    private static readonly Dictionary<string, Case> s_cases = ReadCases();

    public static TheoryData<string> Names => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Frame_is_parsed_as_recorded(string name)
    {
        Case expected = s_cases[name];
        byte[] frame = expected.Bytes;
        ParseOutcome outcome = PacketParser.Parse((LinkType)expected.Link, frame, expected.Sent ?? frame.Length, out Packet packet);

        Assert.Equal(expected.Outcome, outcome);
        if (outcome != ParseOutcome.Packet)
        {
            return;
        }

        Assert.Equal(expected.Flow, packet.Flow.ToString());
        Assert.Equal(expected.NetworkOffset, NetworkOffset(packet));
        Assert.Equal(expected.TransportOffset, packet.TransportOffset);
        Assert.Equal(expected.TransportLength, packet.TransportLength);
        Assert.Equal(expected.TcpFlags, packet.TcpFlags);

        int sentEnd = expected.NetworkOffset + expected.TransportOffset + expected.TransportLength;
        Assert.Equal(frame[expected.NetworkOffset..Math.Min(frame.Length, sentEnd)], packet.Data.ToArray());
        Assert.Equal(sentEnd > frame.Length, packet.IsCutShort);
        Assert.Equal((0L, 0L, -1), (packet.Timestamp, packet.Index, packet.Cpu));
    }

    [Fact]
    public void Every_cut_of_every_frame_is_parsed_without_an_exception()
    {
        foreach (Case item in s_cases.Values)
        {
            byte[] frame = item.Bytes;
            for (int length = 0; length < frame.Length; length++)
            {
                ParseOutcome outcome = PacketParser.Parse((LinkType)item.Link, frame.AsMemory(0, length), item.Sent ?? frame.Length, out Packet packet);
                if (outcome == ParseOutcome.Packet)
                {
                    Assert.Equal(ParseOutcome.Packet, item.Outcome);
                    Assert.Equal(item.Flow, packet.Flow.ToString());
                    Assert.Equal(item.TransportLength, packet.TransportLength);
                }
            }
        }
    }

    [Fact]
    public void Damaged_frames_are_parsed_without_an_exception_and_within_their_bounds()
    {
        // Every byte of every frame takes every value.
        foreach (Case item in s_cases.Values)
        {
            byte[] frame = item.Bytes;
            for (int at = 0; at < frame.Length; at++)
            {
                byte kept = frame[at];
                for (int value = 0; value < 256; value++)
                {
                    frame[at] = (byte)value;
                    if (PacketParser.Parse((LinkType)item.Link, frame, frame.Length, out Packet packet) == ParseOutcome.Packet)
                    {
                        Assert.True(packet.TransportOffset + 8 <= packet.Data.Length);
                        Assert.True(packet.Data.Length <= packet.TransportOffset + packet.TransportLength);
                        Assert.True(NetworkOffset(packet) + packet.TransportOffset + packet.TransportLength <= frame.Length);
                    }
                }

                frame[at] = kept;
            }
        }
    }

    [Fact]
    public void Parsing_allocates_nothing()
    {
        (LinkType, byte[], int)[] frames = [.. s_cases.Values.Select(item => ((LinkType)item.Link, item.Bytes, item.Sent ?? item.Bytes.Length))];
        ParseAll(frames);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ParseAll(frames);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(LinkType.Ethernet, true)]
    [InlineData(LinkType.LinuxCooked2, true)]
    [InlineData((LinkType)105, false)] // 802.11
    public void Supported_link_types_are_told(LinkType link, bool supported) => Assert.Equal(supported, PacketParser.IsSupported(link));

    private static int NetworkOffset(in Packet packet) => MemoryMarshal.TryGetArray(packet.Data, out ArraySegment<byte> data) ? data.Offset : -1;

    private static void ParseAll((LinkType Link, byte[] Frame, int Sent)[] frames)
    {
        foreach ((LinkType link, byte[] frame, int sent) in frames)
        {
            PacketParser.Parse(link, frame, sent, out _);
        }
    }

    private static Dictionary<string, Case> ReadCases()
    {
        using Stream stream = typeof(PacketParserTests).Assembly.GetManifestResourceStream("parser-cases.json")!;
        return JsonSerializer.Deserialize<Case[]>(stream, s_json)!.ToDictionary(item => item.Name);
    }
}
