using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

public sealed class CaptureFileTests
{
    /// <summary>A raw IPv4 datagram, 10.1.2.3:5555 to 192.0.2.1:53, "hello".</summary>
    private static readonly byte[] s_udp = Convert.FromHexString("4500002100010000401100000a010203c000020115b30035000d000068656c6c6f");

    /// <summary>A raw IPv4 ICMP packet.</summary>
    private static readonly byte[] s_icmp = Convert.FromHexString("4500001c00010000400100000a010203c00002010800f7ff00000000");

    [Theory]
    [InlineData(false, false, 1_700_000_001_000_345_000)]
    [InlineData(false, true, 1_700_000_001_000_000_345)]
    [InlineData(true, false, 1_700_000_001_000_345_000)]
    [InlineData(true, true, 1_700_000_001_000_000_345)]
    public void Every_byte_order_and_resolution_is_read(bool bigEndian, bool nanoseconds, long timestamp)
    {
        byte[] file = new PcapBytes(bigEndian, nanoseconds).Record(1_700_000_001, 345, s_udp).ToArray();
        using IPacketReader reader = CaptureFile.FromBytes("one.pcap", file).Open();

        Assert.True(reader.TryRead(out Packet packet));
        Assert.Equal(timestamp, packet.Timestamp);
        Assert.Equal("udp 10.1.2.3:5555 -> 192.0.2.1:53", packet.Flow.ToString());
        Assert.Equal(s_udp, packet.Data.ToArray());
        Assert.Equal((20, 13, 0L), (packet.TransportOffset, packet.TransportLength, packet.Index));

        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Failure);
        Assert.Equal(1.0, reader.Progress);
        Assert.Equal(TraceStatistics.Empty with { Records = 1, Packets = 1 }, reader.Statistics);
    }

    [Fact]
    public void Each_record_is_in_one_count_and_the_index_counts_all()
    {
        byte[] fragment = [.. s_udp];
        fragment[6] = 0x20;
        byte[] file = new PcapBytes()
            .Record(1, 0, s_icmp)
            .Record(1, 1, s_udp)
            .Record(1, 2, s_udp[..10])
            .Record(1, 3, fragment)
            .Record(1, 4, s_udp[..30], original: 33)
            .ToArray();
        using IPacketReader reader = CaptureFile.FromBytes("mixed.pcap", file).Open();
        List<(long Index, bool Cut)> packets = [];
        while (reader.TryRead(out Packet packet))
        {
            packets.Add((packet.Index, packet.IsCutShort));
        }

        Assert.Equal([(1, false), (4, true)], packets);
        Assert.Equal(new TraceStatistics(5, 2, 0, 1, 1, 0, 1, 1), reader.Statistics);
    }

    [Fact]
    public void Frames_that_the_host_sent_are_counted_apart()
    {
        byte[] cooked = [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 8, 0, .. s_udp];
        using IPacketReader reader = CaptureFile.FromBytes("any.pcap", new PcapBytes(link: 113).Record(1, 0, cooked).ToArray()).Open();
        Assert.False(reader.TryRead(out _));
        Assert.Equal(TraceStatistics.Empty with { Records = 1, NotReceived = 1 }, reader.Statistics);
    }

    [Fact]
    public void The_check_sequence_flags_of_the_link_type_field_are_no_part_of_the_type()
    {
        byte[] frame = [.. new byte[12], 8, 0, .. s_udp, 1, 2, 3, 4];
        using IPacketReader reader = CaptureFile.FromBytes("fcs.pcap", new PcapBytes(link: 1 | 0x4400_0000).Record(1, 0, frame).ToArray()).Open();
        Assert.True(reader.TryRead(out Packet packet));
        Assert.Equal(s_udp, packet.Data.ToArray());
    }

    [Fact]
    public void A_sent_length_below_the_captured_one_is_the_captured_one()
    {
        using IPacketReader reader = CaptureFile.FromBytes("odd.pcap", new PcapBytes().Record(1, 0, s_udp, original: 0).ToArray()).Open();
        Assert.True(reader.TryRead(out Packet packet));
        Assert.False(packet.IsCutShort);
    }

    [Fact]
    public void What_is_written_is_read_across_the_ends_of_the_buffer()
    {
        // 8 MiB in records of many lengths, so that records lie across the 1 MiB buffer's ends in many ways.
        GeneratedTrace trace = new(new GeneratedTraceOptions
        {
            Seed = 3,
            Flows = 100,
            Packets = 300,
            LargestPayloadLength = GeneratedTraceOptions.LargestPayload,
        });
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using (FileStream stream = File.Create(path))
            {
                PcapWriter writer = new(stream);
                using IPacketReader packets = trace.Open();
                while (packets.TryRead(out Packet packet))
                {
                    writer.Write(packet);
                }

                Assert.True(stream.Length > 8_000_000);
            }

            using IPacketReader expected = trace.Open();
            using IPacketReader actual = new CaptureFile(path).Open();
            while (expected.TryRead(out Packet packet))
            {
                Assert.True(actual.TryRead(out Packet read), actual.Failure?.ToString());
                Assert.Equal(
                    (packet.Timestamp, packet.Flow, packet.TransportOffset, packet.TransportLength, packet.TcpFlags, packet.Index),
                    (read.Timestamp, read.Flow, read.TransportOffset, read.TransportLength, read.TcpFlags, read.Index));
                Assert.True(packet.Data.Span.SequenceEqual(read.Data.Span));
            }

            Assert.False(actual.TryRead(out _));
            Assert.Null(actual.Failure);
            Assert.Equal(expected.Statistics, actual.Statistics);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Reading_allocates_the_same_whatever_the_length()
    {
        byte[] small = Many(100);
        byte[] large = Many(100_000);
        // The least of several readings: now and then the runtime allocates something of its own, once.
        Assert.Equal(Least(small), Least(large));

        static long Least(byte[] file) => Enumerable.Range(0, 5).Min(_ => ReadAll(file));

        static byte[] Many(int count)
        {
            PcapBytes bytes = new();
            for (int index = 0; index < count; index++)
            {
                bytes.Record(1, 0, s_udp);
            }

            return bytes.ToArray();
        }

        static long ReadAll(byte[] file)
        {
            CaptureFile source = CaptureFile.FromBytes("many.pcap", file);
            long before = GC.GetAllocatedBytesForCurrentThread();
            using (IPacketReader reader = source.Open())
            {
                while (reader.TryRead(out _))
                {
                }
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    public static TheoryData<string, byte[], string, long, string> Damaged => new()
    {
        { "empty", [], "RPS6002", 0, "is empty" },
        { "four bytes of a header", [0xD4, 0xC3, 0xB2, 0xA1], "RPS6002", 0, "has 4 bytes" },
        { "an object file", [0x7F, .. "ELF"u8, 2, 1, 1, 0], "RPS6002", 0, "begins with the bytes 7f454c46" },
        { "the table of another program", Encoding.ASCII.GetBytes("No.,Time,Source,Destination,Protocol\n"), "RPS6007", 0, "no column source-port, destination-port" },
        { "text", Encoding.ASCII.GetBytes("no capture"), "RPS6007", 0, "names no column protocol" },
        { "short pcapng", Convert.FromHexString("0a0d0d0a"), "RPS6005", 0, "inside a block header" },
        { "gzip", [0x1F, 0x8B, .. new byte[30]], "RPS6003", 0, "gzip" },
        { "modified", new PcapBytes(magic: 0xA1B2CD34).ToArray(), "RPS6003", 0, "modified libpcap" },
        { "version 2.2", new PcapBytes(minor: 2).ToArray(), "RPS6003", 4, "version 2.2" },
        { "version 3.4", new PcapBytes(major: 3, bigEndian: true).ToArray(), "RPS6003", 4, "version 3.4" },
        { "802.11", new PcapBytes(link: 105).Record(1, 0, s_udp).ToArray(), "RPS6004", 20, "link type 105" },
        { "cut in the second record", new PcapBytes().Record(1, 0, s_udp).Record(1, 0, s_udp).ToArray()[..^1], "RPS6005", 73, "inside a record; the 1 record" },
        { "cut in the third record header", [.. new PcapBytes().Record(1, 0, s_udp).Record(1, 0, s_icmp).ToArray(), 0], "RPS6005", 117, "inside a record header; the 2 records" },
        { "absurd length", new PcapBytes().Record(1, 0, s_udp).Record(1, 0, s_udp, captured: 262145).ToArray(), "RPS6006", 73, "262145 bytes; the 1 record before it was read" },
        { "negative length", new PcapBytes().Record(1, 0, s_udp, captured: uint.MaxValue).ToArray(), "RPS6006", 24, "4294967295 bytes" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Damage_is_told_with_its_place(string name, byte[] file, string code, long offset, string message)
    {
        using IPacketReader reader = CaptureFile.FromBytes(name + ".pcap", file).Open();
        while (reader.TryRead(out _))
        {
        }

        Assert.False(reader.TryRead(out _));
        Diagnostic failure = Assert.IsType<Diagnostic>(reader.Failure);
        Assert.Equal(code, failure.Code);
        Assert.Equal(new SourceLocation(name + ".pcap", Offset: offset), failure.Location);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Remedy);
    }

    [Fact]
    public void Packets_before_the_damage_are_handed_out()
    {
        byte[] file = new PcapBytes().Record(1, 0, s_udp).Record(1, 0, s_udp).Record(1, 0, s_udp).ToArray()[..^5];
        using IPacketReader reader = CaptureFile.FromBytes("cut.pcap", file).Open();
        int read = 0;
        while (reader.TryRead(out _))
        {
            read++;
        }

        Assert.Equal(2, read);
        Assert.NotNull(reader.Failure);
    }

    [Fact]
    public void A_file_that_is_not_there_is_told_without_an_exception()
    {
        using IPacketReader reader = new CaptureFile(Path.Combine(Path.GetTempPath(), "reuseportps-not-there.pcap")).Open();
        Assert.Equal("RPS6001", reader.Failure?.Code);
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Progress);
    }

    [Fact]
    public void A_folder_is_told_without_an_exception()
    {
        using IPacketReader reader = new CaptureFile(Path.GetTempPath().TrimEnd(Path.DirectorySeparatorChar)).Open();
        Assert.Equal("RPS6001", reader.Failure?.Code);
    }

    [Fact]
    public void A_pipe_is_told_without_an_exception()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc/self/fd");
        using System.IO.Pipes.AnonymousPipeServerStream pipe = new(System.IO.Pipes.PipeDirection.Out);
        using IPacketReader reader = new CaptureFile($"/proc/self/fd/{pipe.GetClientHandleAsString()}").Open();
        Assert.Equal("RPS6001", reader.Failure?.Code);
        Assert.Contains("pipe", reader.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Readers_of_one_file_are_independent()
    {
        CaptureFile file = CaptureFile.FromBytes("two.pcap", new PcapBytes().Record(1, 0, s_udp).Record(2, 0, s_udp).ToArray());
        using IPacketReader first = file.Open();
        Assert.True(first.TryRead(out _));
        using IPacketReader second = file.Open();
        Assert.True(second.TryRead(out Packet packet));
        Assert.Equal(1_000_000_000, packet.Timestamp);
        Assert.True(first.TryRead(out packet));
        Assert.Equal(2_000_000_000, packet.Timestamp);
    }

    [Fact]
    public void A_reader_that_was_disposed_reads_nothing()
    {
        IPacketReader reader = CaptureFile.FromBytes("one.pcap", new PcapBytes().Record(1, 0, s_udp).ToArray()).Open();
        reader.Dispose();
        reader.Dispose();
        Assert.False(reader.TryRead(out _));
    }
}
