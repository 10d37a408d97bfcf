using System.Net;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>The language fixes the hash. The vectors were computed by a separate implementation, written from lookup3's definition.</summary>
public sealed class FlowHashTests
{
    [Theory]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.FourTuple, 0u, 0x7da5e46cu)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.FourTuple, 1u, 0x6c9c8699u)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.FourTuple, 4294967295u, 0x24819130u)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.Source, 7u, 0x122c71cau)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.SourcePort, 7u, 0xa0a1d752u)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.Destination, 7u, 0xd1c8e3b2u)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.DestinationPort, 7u, 0x5c47037cu)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.Source | HashKey.Destination, 7u, 0x5a2e570au)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.SourcePort | HashKey.DestinationPort, 7u, 0x21d90c96u)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.Source | HashKey.SourcePort, 7u, 0xb8ad6f61u)]
    [InlineData("192.0.2.1", "198.51.100.7", 40000, 443, HashKey.Source | HashKey.Destination | HashKey.SourcePort, 7u, 0x82df0277u)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.FourTuple, 0u, 0x5d1f5b1au)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.FourTuple, 1u, 0x5f743f6au)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.FourTuple, 4294967295u, 0x4b745755u)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.Source, 7u, 0xd7f2ac44u)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.SourcePort, 7u, 0xa0a1d752u)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.Destination, 7u, 0xbb1c2753u)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.DestinationPort, 7u, 0x5c47037cu)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.Source | HashKey.Destination, 7u, 0x29696408u)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.SourcePort | HashKey.DestinationPort, 7u, 0x21d90c96u)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.Source | HashKey.SourcePort, 7u, 0x15a26b04u)]
    [InlineData("2001:db8::1", "2001:db8:0:1::35", 40000, 443, HashKey.Source | HashKey.Destination | HashKey.SourcePort, 7u, 0xacca31f5u)]
    public void Hash_of_a_flow(string source, string destination, int sourcePort, int destinationPort, HashKey key, uint seed, uint expected)
    {
        IPAddress from = IPAddress.Parse(source);
        FlowKey flow = new(
            from.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6, TransportProtocol.Udp,
            FlowKey.ToNumber(from), FlowKey.ToNumber(IPAddress.Parse(destination)), (ushort)sourcePort, (ushort)destinationPort);
        Assert.Equal(expected, FlowHash.Compute(flow, key, seed));
    }

    [Fact]
    public void Hash_of_one_to_nine_words()
    {
        uint[] expected = [0xd6c5735f, 0xe5d443b6, 0xd98f41f2, 0x73558c35, 0x6ac9bf8c, 0x01ea973a, 0x3b0d1fdb, 0xb7e6a60a, 0x7017cc8f];
        uint[] words = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        Assert.Equal(expected, Enumerable.Range(1, 9).Select(n => FlowHash.Compute(words.AsSpan(0, n), 5)));
    }

    [Fact]
    public void Candidates_of_a_hash()
    {
        List<uint> hashes = [0x12345678];
        while (hashes.Count < FlowHash.Candidates)
        {
            hashes.Add(FlowHash.Next(hashes[^1]));
        }

        Assert.Equal([0x12345678, 0x5caad858, 0xaa4801b8, 0x9fb8f098, 0x40293af8], hashes);
    }

    [Theory]
    [InlineData(0u, 7, 0)]
    [InlineData(uint.MaxValue, 7, 6)]
    [InlineData(0x80000000u, 2, 1)]
    [InlineData(0x7fffffffu, 2, 0)]
    [InlineData(uint.MaxValue, 32768, 32767)]
    public void Scale_covers_all_choices(uint hash, int count, int expected) => Assert.Equal(expected, FlowHash.Scale(hash, count));

    /// <summary>The flows of a slot that cannot be selected spread evenly over the others: chi-square over 200,000 flows, below the 0.1 % point.</summary>
    [Theory]
    [InlineData(3, 1, 10.83)]
    [InlineData(4, 0, 13.82)]
    [InlineData(8, 5, 22.46)]
    [InlineData(10, 9, 26.12)]
    [InlineData(32, 17, 59.70)]
    public void Flows_of_a_missing_slot_spread_evenly(int slots, int missing, double limit)
    {
        long[] counts = new long[slots];
        for (uint flow = 0; flow < 200_000; flow++)
        {
            uint hash = FlowHash.Compute([flow, 0x0a000001, 0x350000 | (flow * 7919 & 0xffff)], 0);
            if (FlowHash.Scale(hash, slots) == missing)
            {
                do
                {
                    hash = FlowHash.Next(hash);
                }
                while (FlowHash.Scale(hash, slots) == missing);
                counts[FlowHash.Scale(hash, slots)]++;
            }
        }

        double expected = (double)counts.Sum() / (slots - 1);
        double chiSquare = counts.Where((_, slot) => slot != missing).Sum(n => (n - expected) * (n - expected) / expected);
        Assert.True(chiSquare < limit, $"chi-square {chiSquare:0.00} over {string.Join(", ", counts)}");
    }
}
