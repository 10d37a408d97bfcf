using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>A capture that is made while it is read takes as much memory at 10 GB as at 10 MB.</summary>
public sealed class StreamingTests(ITestOutputHelper output)
{
    private const int Mega = 1_000_000;

    [Theory]
    [InlineData("pcap")]
    [InlineData("pcapng")]
    [InlineData("csv")]
    public void Many_times_the_packets_take_the_same_memory(string format)
    {
        long small = Measure(format, 2 * Mega);
        long large = Measure(format, (format == "csv" ? 50 : 200) * Mega);
        Assert.InRange(large - small, format == "csv" ? -5 : -100_000, format == "csv" ? 5 : 100_000);
    }

    [Theory]
    [Trait("Category", "Soak")]
    [InlineData("pcap")]
    [InlineData("pcapng")]
    public void Ten_gigabytes_take_the_memory_of_ten_megabytes(string format)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes a minute; set REUSEPORTPS_SOAK=1 to run it");
        long small = Measure(format, 10L * Mega);
        long large = Measure(format, 10_000L * Mega);
        Assert.InRange(large - small, -100_000, 100_000);
    }

    private long Measure(string format, long length)
    {
        byte[] udp = Convert.FromHexString("4500002100010000401100000a010203c000020115b30035000d000068656c6c6f");
        byte[] whole = format switch
        {
            "pcap" => new PcapBytes().Record(1, 0, udp).ToArray(),
            "pcapng" => new PcapngBytes().Section().Interface(101).Packet(0, 1, udp).ToArray(),
            _ => "protocol,source,source-port,destination,destination-port\nudp,10.0.0.1,1,10.0.0.2,2\n"u8.ToArray(),
        };
        int headerLength = format switch { "pcap" => 24, "pcapng" => 60, _ => whole.AsSpan().IndexOf((byte)'\n') + 1 };
        CaptureFile file = new(format, () => new RepeatedInput(whole[..headerLength], whole[headerLength..], length));
        using IPacketReader reader = file.Open();
        Assert.True(reader.TryRead(out _));

        long before = GC.GetAllocatedBytesForCurrentThread();
        while (reader.TryRead(out _))
        {
        }

        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Null(reader.Failure);
        Assert.Equal((length - headerLength) / (whole.Length - headerLength), reader.Statistics.Packets);
        output.WriteLine($"{format}, {length} bytes: {reader.Statistics.Packets} packets, {taken} bytes allocated while reading, {Environment.WorkingSet >> 20} MiB resident");

        // The addresses of a row are garbage as soon as its packet is built; the other formats allocate nothing at all.
        return format == "csv" ? taken / reader.Statistics.Packets : taken;
    }

    /// <summary>A header and then the same records over and over.</summary>
    private sealed class RepeatedInput(byte[] header, byte[] records, long length) : ICaptureInput
    {
        private readonly byte[] _block = [.. Enumerable.Repeat(records, 20_000).SelectMany(record => record)];

        public long Length { get; } = header.Length + ((length - header.Length) / records.Length * records.Length);

        public int Read(Span<byte> buffer, long offset)
        {
            ReadOnlySpan<byte> from = offset < header.Length ? header.AsSpan((int)offset) : _block.AsSpan((int)((offset - header.Length) % _block.Length));
            int count = (int)Math.Min(Math.Min(buffer.Length, from.Length), Length - offset);
            from[..count].CopyTo(buffer);
            return count;
        }

        public void Dispose()
        {
        }
    }
}
