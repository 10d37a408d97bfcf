using System.Collections.Immutable;
using System.Security.Cryptography;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

public sealed class MaglevTableTests
{
    /// <summary>Computed by a separate implementation with exact fractions: SHA-256 over the entries as bytes.</summary>
    [Theory]
    [InlineData(new[] { 1, 1, 1, 1 }, new[] { 256, 255, 255, 255 }, "933c8902ef2acf53d00998637182928b09627255d59723a440e967881c2295c6")]
    [InlineData(new[] { 90, 10 }, new[] { 919, 102 }, "3e06a8fcfebc3dda75583c25be86e673b6206b1e2f43aa2a8f312a3a0001f757")]
    [InlineData(new[] { 0, 5, 0, 1 }, new[] { 0, 851, 0, 170 }, "da405efbb82175bc3d3a49f8ff35e4a0df8e2d47964c0c8421cc06c8d0400612")]
    [InlineData(new[] { 1, 1000000 }, new[] { 1, 1020 }, "ed799be841fe48cb09ea324ff44b33e9ae15d14176ba176ab5bd231e3242bf28")]
    public void Table_of_weights(int[] weights, int[] quotas, string sha256)
    {
        ImmutableArray<int> table = MaglevTable.Build(weights, 1021);
        Assert.Equal(quotas, MaglevTable.Quotas(weights, 1021));
        Assert.Equal(quotas, Enumerable.Range(0, weights.Length).Select(slot => table.Count(s => s == slot)));
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData([.. table.Select(s => (byte)s)])));
    }

    [Fact]
    public void Small_table() => Assert.Equal([0, 2, 0, 0, 2, 0, 2, 0, 0, 2, 0, 1, 1], MaglevTable.Build([3, 1, 2], 13));

    /// <summary>The same as each slot walking to its next free entry in its turn, one step after the other.</summary>
    [Fact]
    public void Table_is_that_of_plain_walks()
    {
        const int Seed = 20261128;
        Random random = new(Seed);
        for (int round = 0; round < 60; round++)
        {
            int size = new[] { 13, 127, 1021, 8191 }[round % 4];
            int kinds = 1 + random.Next(4);
            int[] weights = [.. Enumerable.Range(0, 1 + random.Next(Math.Min(size, 200))).Select(_ => random.Next(kinds + 1))];
            weights[random.Next(weights.Length)] = 1 + random.Next(1000);
            Assert.True(Plain(weights, size).SequenceEqual(MaglevTable.Build(weights, size)), $"seed {Seed}, round {round}: {size} entries for {string.Join(',', weights)}");
        }
    }

    private static int[] Plain(int[] weights, int size)
    {
        int[] quotas = MaglevTable.Quotas(weights, size);
        int[] table = [.. Enumerable.Repeat(-1, size)];
        IEnumerable<(long Turn, int Slot)> turns = Enumerable.Range(0, quotas.Length).SelectMany(slot => Enumerable.Range(0, quotas[slot]).Select(turn => ((2L * turn) + 1, slot)));
        foreach ((_, int slot) in turns.Order(Comparer<(long Turn, int Slot)>.Create((x, y) =>
            (x.Turn * quotas[y.Slot]).CompareTo(y.Turn * quotas[x.Slot]) is int order and not 0 ? order : x.Slot.CompareTo(y.Slot))))
        {
            long entry = FlowHash.Compute([(uint)slot], 1) % (uint)size;
            long skip = (FlowHash.Compute([(uint)slot], 2) % (uint)(size - 1)) + 1;
            while (table[entry] >= 0)
            {
                entry = (entry + skip) % size;
            }

            table[entry] = slot;
        }

        return table;
    }

    [Theory]
    [InlineData(1, 1021)]
    [InlineData(8, 1021)]
    [InlineData(9, 8191)]
    [InlineData(64, 8191)]
    [InlineData(65, 65537)]
    [InlineData(512, 65537)]
    [InlineData(513, 524287)]
    [InlineData(32768, 524287)]
    public void Size_follows_the_number_of_slots(int slots, int size)
    {
        Assert.Equal(size, MaglevTable.SizeFor(slots));
        Assert.All(Enumerable.Range(2, (int)Math.Sqrt(size) - 1), divisor => Assert.NotEqual(0, size % divisor));
    }

    /// <summary>Draining one of eight slots moves its eighth of the entries and few others.</summary>
    [Fact]
    public void Draining_one_of_eight_moves_few_entries()
    {
        for (int drained = 0; drained < 8; drained++)
        {
            int[] before = [1, 1, 1, 1, 1, 1, 1, 1];
            int[] after = [.. before.Select((w, slot) => slot == drained ? 0 : w)];
            int size = MaglevTable.SizeFor(8);
            int moved = MaglevTable.Build(before, size).Zip(MaglevTable.Build(after, size)).Count(pair => pair.First != pair.Second);
            Assert.True(moved >= size / 8, $"{moved} of {size} moved");
            Assert.True(moved <= 1.5 * size / 8, $"{moved} of {size} moved");
        }
    }

    [Fact]
    public void Largest_group_gets_every_slot_an_entry()
    {
        int[] weights = [.. Enumerable.Range(0, 32768).Select(slot => slot % 2 == 0 ? 1 : SlotWeight.Highest)];
        int[] quotas = MaglevTable.Quotas(weights, MaglevTable.SizeFor(weights.Length));
        Assert.Equal(MaglevTable.SizeFor(weights.Length), quotas.Sum());
        Assert.All(quotas, quota => Assert.True(quota >= 1));
    }
}
