using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

public sealed class PcapngFileTests
{
    /// <summary>A raw IPv4 datagram, 10.1.2.3:5555 to 192.0.2.1:53, "hello".</summary>
    private static readonly byte[] s_udp = Convert.FromHexString("4500002100010000401100000a010203c000020115b30035000d000068656c6c6f");

    private static readonly byte[] s_ethernet = [.. new byte[12], 0x08, 0x00, .. s_udp];

    public static TheoryData<string, byte[], string, long, string> Damaged => new()
    {
        { "mark", [.. U32(0x0A0D0D0A), .. U32(28), .. U32(0x12345678), .. new byte[12], .. U32(28)], "RPS6006", 0, "byte-order mark 78563412" },
        { "version", new PcapngBytes().Section(major: 2).ToArray(), "RPS6003", 12, "version 2.0" },
        { "length 8", new PcapngBytes().Section().Block(6, [], length: 8).ToArray(), "RPS6006", 28, "claims 8 bytes; the 0 records" },
        { "length 13", new PcapngBytes().Section().Block(99, [], length: 13).ToArray(), "RPS6006", 28, "claims 13 bytes" },
        { "absurd", new PcapngBytes().Section().Block(6, [], length: 0xFFFFFFFC).ToArray(), "RPS6006", 28, "block of type 6 claims 4294967292" },
        { "absurd unknown", new PcapngBytes().Section().Block(99, [], length: 0xFFFFFFFC).ToArray(), "RPS6005", 28, "inside a block" },
        { "trailer", new PcapngBytes().Section().Interface(101).Block(6, new byte[20], trailer: 36).ToArray(), "RPS6006", 60, "ends with the length 36" },
        { "cut", new PcapngBytes().Section().Interface(101).Packet(0, 1, s_udp).Packet(0, 1, s_udp).ToArray()[..^1], "RPS6005", 128, "inside a block; the 1 record" },
        { "cut header", [.. new PcapngBytes().Section().ToArray(), 1, 2, 3], "RPS6005", 28, "inside a block header" },
    };

    [Theory]
    [InlineData(false, null, null, 1_700_000_000_123_456L, 1_700_000_000_123_456_000L)]
    [InlineData(true, null, null, 1_700_000_000_123_456L, 1_700_000_000_123_456_000L)]
    [InlineData(true, 9, null, 1_700_000_000_123_456_789L, 1_700_000_000_123_456_789L)]
    [InlineData(false, 0, 10L, 1_700_000_000L, 1_700_000_010_000_000_000L)]
    [InlineData(false, 0x8A, null, 1025L, 1_000_976_562L)]
    [InlineData(false, 12, null, 5_000_000_000_123L, 5_000_000_000L)]
    [InlineData(false, 127, null, 5L, 0L)]
    [InlineData(false, 0xFF, null, 5L, 0L)]
    [InlineData(false, 0, null, long.MaxValue, long.MaxValue / 2)]
    [InlineData(false, 6, long.MinValue, 5L, 0L)]
    public void Every_resolution_and_offset_becomes_nanoseconds(bool bigEndian, int? resolution, long? offset, long units, long nanoseconds)
    {
        byte[] file = new PcapngBytes(bigEndian).Section().Interface(101, (byte?)resolution, offset).Packet(0, (ulong)units, s_udp).ToArray();
        using IPacketReader reader = CaptureFile.FromBytes("one.pcapng", file).Open();
        Assert.True(reader.TryRead(out Packet packet));
        Assert.Equal(nanoseconds, packet.Timestamp);
        Assert.Equal(s_udp, packet.Data.ToArray());
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Failure);
        Assert.Equal(1.0, reader.Progress);
    }

    [Fact]
    public void Sections_interfaces_and_all_kinds_of_blocks()
    {
        byte[] file = new PcapngBytes()
            .Section().Interface(101).Interface(1, resolution: 9)
            .Packet(1, 7, s_ethernet)
            .Block(4, [0, 0, 0, 0]) // names
            .Simple(s_udp)
            .Block(5, new byte[12]) // statistics of an interface
            .Obsolete(0, 8, s_udp)
            .Block(0x40000BAD, new byte[200])
            .Section(bigEndian: true).Interface(1)
            .Packet(0, 9, s_ethernet, original: 100)
            .ToArray();
        using IPacketReader reader = CaptureFile.FromBytes("all.pcapng", file).Open();
        List<(long, long)> packets = [];
        while (reader.TryRead(out Packet packet))
        {
            Assert.Equal("udp 10.1.2.3:5555 -> 192.0.2.1:53", packet.Flow.ToString());
            packets.Add((packet.Index, packet.Timestamp));
        }

        // A simple packet has no time of its own.
        Assert.Equal([(0, 7), (1, 7), (2, 8000), (3, 9000)], packets);
        Assert.Null(reader.Failure);
    }

    [Fact]
    public void What_is_not_read_is_counted()
    {
        byte[] file = new PcapngBytes()
            .Section().Interface(101).Interface(147).Interface(101, snapLength: 30)
            .Packet(1, 1, s_udp) // an unknown link type
            .Packet(0, 2, s_udp, flags: 2) // outbound
            .Packet(0, 3, s_udp, flags: 1)
            .Packet(9, 4, s_udp) // no such interface
            .Packet(0, 5, s_udp, captured: 5000)
            .Block(6, [1, 2, 3, 4])
            .ToArray();
        using IPacketReader reader = CaptureFile.FromBytes("losses.pcapng", file).Open();
        Assert.True(reader.TryRead(out Packet packet));
        Assert.Equal(2, packet.Index);
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Failure);
        Assert.Equal(TraceStatistics.Empty with { Records = 6, Packets = 1, UnknownLinkType = 1, NotReceived = 1, Malformed = 3 }, reader.Statistics);
    }

    [Fact]
    public void A_simple_packet_is_cut_at_the_snap_length_of_the_first_interface()
    {
        byte[] file = new PcapngBytes().Section().Interface(101, snapLength: 28).Simple(s_udp[..28], original: 33).ToArray();
        using IPacketReader reader = CaptureFile.FromBytes("simple.pcapng", file).Open();
        Assert.True(reader.TryRead(out Packet packet));
        Assert.Equal((28, true), (packet.Data.Length, packet.IsCutShort));
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Damage_is_told_with_its_place(string name, byte[] file, string code, long offset, string message)
    {
        using IPacketReader reader = CaptureFile.FromBytes(name, file).Open();
        while (reader.TryRead(out _))
        {
        }

        Diagnostic failure = Assert.IsType<Diagnostic>(reader.Failure);
        Assert.Equal((code, new SourceLocation(name, Offset: offset)), (failure.Code, failure.Location));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    private static byte[] U32(uint value) => BitConverter.GetBytes(value);
}
