using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Tests.Randomness;

public sealed class Xoshiro256Tests
{
    [Fact]
    public void SplitMix64_gives_the_published_sequence()
    {
        ulong state = 1234567;
        ulong[] drawn = [.. Enumerable.Range(0, 5).Select(_ => Xoshiro256.SplitMix64(ref state))];
        Assert.Equal([6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821], drawn);
    }

    [Fact]
    public void Generator_gives_the_published_sequence()
    {
        Xoshiro256 random = new(1, 2, 3, 4);
        ulong[] drawn = [.. Enumerable.Range(0, 6).Select(_ => random.NextUInt64())];
        Assert.Equal([11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600], drawn);
    }

    [Fact]
    public void Streams_of_one_seed_differ() =>
        Assert.Equal(100, Enumerable.Range(0, 100).Select(stream => Xoshiro256.ForStream(7, (ulong)stream).NextUInt64()).Distinct().Count());
}
