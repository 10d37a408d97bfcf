using System.Text;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

public sealed class CsvFileTests
{
    private const string Header = "time,protocol,source,source-port,destination,destination-port,flags,length,payload,cpu\n";

    [Theory]
    [InlineData("1.5,udp,10.0.0.1,4000,192.0.2.1,53,,,c0ffee,2", "udp 10.0.0.1:4000 -> 192.0.2.1:53", 1_500_000_000, 0, 11, 2)]
    [InlineData("1700000000.123456789,TCP,2001:db8::1,1,2001:db8::2,65535,,,,", "tcp [2001:db8::1]:1 -> [2001:db8::2]:65535", 1_700_000_000_123_456_789, 2, 40, -1)]
    [InlineData("1970-01-01T00:00:02Z,6,10.0.0.1,1,10.0.0.2,2,SA,,,", "tcp 10.0.0.1:1 -> 10.0.0.2:2", 2_000_000_000, 0x12, 40, -1)]
    [InlineData(",17,10.0.0.1,1,10.0.0.2,2,,100,,", "udp 10.0.0.1:1 -> 10.0.0.2:2", 0, 0, 108, -1)]
    [InlineData("\"3\", tcp ,10.0.0.1,1,10.0.0.2,2,0x10,5,0102030405,", "tcp 10.0.0.1:1 -> 10.0.0.2:2", 3_000_000_000, 0x10, 25, -1)]
    public void A_row_is_a_packet(string row, string flow, long time, byte flags, int transportLength, int cpu)
    {
        using IPacketReader reader = Open(Header + row);
        Assert.True(reader.TryRead(out Packet packet), reader.FirstLoss?.ToString());
        Assert.Equal((flow, time, flags, transportLength, cpu), (packet.Flow.ToString(), packet.Timestamp, packet.TcpFlags, packet.TransportLength, packet.Cpu));
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Failure);
        Assert.Null(reader.FirstLoss);
    }

    [Fact]
    public void Payload_that_a_table_does_not_give_counts_as_cut()
    {
        using IPacketReader reader = Open(Header + ",udp,10.0.0.1,1,10.0.0.2,2,,100,0102,\n");
        Assert.True(reader.TryRead(out Packet packet));
        Assert.True(packet.IsCutShort);
        Assert.Equal([1, 2], packet.Data.Span[28..].ToArray());
        Assert.Equal(1, reader.Statistics.CutShort);
    }

    [Theory]
    [InlineData(";")]
    [InlineData("\t")]
    public void Columns_may_stand_in_any_order_between_others(string separator)
    {
        string table = "Note,Destination Port,destination,SOURCE_PORT,Source,Protocol\r\n\"a, b\",53,192.0.2.1,4000,10.0.0.1,udp\r\n\r\n,53,192.0.2.1,4001,10.0.0.1,udp"
            .Replace("\"a, b\"", "x", StringComparison.Ordinal).Replace(",", separator, StringComparison.Ordinal);
        using IPacketReader reader = Open("\uFEFF" + table);
        Assert.True(reader.TryRead(out Packet packet));
        Assert.Equal("udp 10.0.0.1:4000 -> 192.0.2.1:53", packet.Flow.ToString());
        Assert.True(reader.TryRead(out packet));
        Assert.Equal(4001, packet.Flow.SourcePort);
        Assert.Equal(2, reader.Statistics.Records);
    }

    [Theory]
    [InlineData("x,udp,10.0.0.1,1,10.0.0.2,2,,,,", "'x' is no time")]
    [InlineData("-1,udp,10.0.0.1,1,10.0.0.2,2,,,,", "'-1' is no time")]
    [InlineData("9999999999999,udp,10.0.0.1,1,10.0.0.2,2,,,,", "is no time")]
    [InlineData(",icmp,10.0.0.1,1,10.0.0.2,2,,,,", "'icmp' is no protocol")]
    [InlineData(",udp,10.1,1,10.0.0.2,2,,,,", "'10.1' is no source")]
    [InlineData(",udp,10.0.0.1,65536,10.0.0.2,2,,,,", "'65536' is no source-port")]
    [InlineData(",udp,10.0.0.1,,10.0.0.2,2,,,,", "'' is no source-port")]
    [InlineData(",udp,10.0.0.1,1,fe80::1%eth0,2,,,,", "is no destination")]
    [InlineData(",udp,10.0.0.1,1,2001:db8::1,2,,,,", "different families")]
    [InlineData(",tcp,10.0.0.1,1,10.0.0.2,2,SX,,,", "'SX' is no flags")]
    [InlineData(",udp,10.0.0.1,1,10.0.0.2,2,,65001,,", "'65001' is no length")]
    [InlineData(",udp,10.0.0.1,1,10.0.0.2,2,,,abc,", "'abc' is no payload")]
    [InlineData(",udp,10.0.0.1,1,10.0.0.2,2,,1,0102,", "more than the length 1")]
    [InlineData(",udp,10.0.0.1", "it has no source-port")]
    public void A_row_that_is_no_packet_is_counted_and_the_first_is_explained(string row, string problem)
    {
        using IPacketReader reader = Open(Header + ",udp,10.0.0.1,1,10.0.0.2,2,,,,\n" + row + "\nnonsense\n");
        Assert.True(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.Equal(TraceStatistics.Empty with { Records = 3, Packets = 1, Malformed = 2 }, reader.Statistics);
        Assert.Equal(("RPS6008", 3), (reader.FirstLoss!.Code, reader.FirstLoss.Location!.Line));
        Assert.Contains(problem, reader.FirstLoss.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_is_passed_over()
    {
        string row = ",udp,10.0.0.1,1,10.0.0.2,2,,,,\n";
        using IPacketReader reader = Open(Header + row + new string('x', 3_000_000) + "\n" + row);
        Assert.True(reader.TryRead(out _));
        Assert.True(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.Equal(1, reader.Statistics.Malformed);
        Assert.Contains("longer than", reader.FirstLoss!.Message, StringComparison.Ordinal);
    }

    private static IPacketReader Open(string table) => CaptureFile.FromBytes("table.csv", Encoding.UTF8.GetBytes(table)).Open();
}
