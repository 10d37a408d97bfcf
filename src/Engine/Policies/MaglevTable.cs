using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// A lookup table in which each slot has its share of entries, and few entries change when a weight does (D. Eisenbud and
/// others, Maglev, NSDI 2016, §3.4, with weights). The same weights give the same table everywhere.
/// </summary>
public static class MaglevTable
{
    // Each is prime: a slot's walk (offset + n * skip) modulo the size then reaches every entry.
    private static readonly (int Slots, int Size)[] s_sizes =
        [(8, 1021), (64, 8191), (512, 65537), (32768, 524287)];

    /// <summary>Entries of the table for a group of so many slots: a prime; 127 or more for each of up to 512 slots, then 16 or more. The weights do not matter, so that changing them changes data only.</summary>
    public static int SizeFor(int slotCount) => s_sizes.First(s => slotCount <= s.Slots).Size;

    /// <summary>Builds the table.</summary>
    /// <param name="weights">Weight by slot number; at least one is above 0.</param>
    /// <param name="size">Entries, a prime.</param>
    /// <returns>The slot of each entry.</returns>
    public static ImmutableArray<int> Build(IReadOnlyList<int> weights, int size)
    {
        int[] quotas = Quotas(weights, size);
        int[] table = new int[size];
        Array.Fill(table, -1);
        uint[] position = new uint[quotas.Length];
        uint[] skip = new uint[quotas.Length];
        for (int slot = 0; slot < quotas.Length; slot++)
        {
            Span<uint> word = [(uint)slot];
            position[slot] = FlowHash.Compute(word, 1) % (uint)size;
            skip[slot] = (FlowHash.Compute(word, 2) % (uint)(size - 1)) + 1;
        }

        ulong[] isTaken = new ulong[(size + 63) / 64];
        int last = (int)Math.Sqrt(size);
        List<uint> free = [];
        int left = size;
        foreach (int slot in Turns(quotas))
        {
            if (left == last)
            {
                free = [.. Enumerable.Range(0, size).Where(entry => table[entry] < 0).Select(entry => (uint)entry)];
            }

            uint entry = position[slot];
            if (left <= last)
            {
                // Most of the way would be for the last entries: it is cheaper to ask each how far it is.
                entry = Nearest(free, entry, skip[slot], (uint)size);
                free.Remove(entry);
            }

            while ((isTaken[entry / 64] >> (int)(entry % 64) & 1) != 0)
            {
                entry += skip[slot];
                entry -= entry >= (uint)size ? (uint)size : 0;
            }

            isTaken[entry / 64] |= 1UL << (int)(entry % 64);
            table[entry] = slot;
            position[slot] = entry;
            left--;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(table);
    }

    /// <summary>Of some entries the one that a walk comes to first: it is at entry e after (e - from) / skip steps, modulo the size, which is prime.</summary>
    private static uint Nearest(List<uint> entries, uint from, uint skip, uint size)
    {
        // The inverse of skip, by Fermat: skip to the power of size - 2.
        ulong inverse = 1;
        ulong power = skip;
        for (uint exponent = size - 2; exponent > 0; exponent >>= 1)
        {
            inverse = (exponent & 1) != 0 ? inverse * power % size : inverse;
            power = power * power % size;
        }

        uint nearest = 0;
        ulong least = ulong.MaxValue;
        foreach (uint entry in entries)
        {
            ulong steps = (entry + size - from) * inverse % size;
            (nearest, least) = steps < least ? (entry, steps) : (nearest, least);
        }

        return nearest;
    }

    /// <summary>
    /// Slots take turns in proportion to their quotas: turn k of a slot is due at (2k + 1) / quota, and what is due together comes in the order of the slots. Slots of one quota are always due together, and
    /// few quotas differ.
    /// </summary>
    private static IEnumerable<int> Turns(int[] quotas)
    {
        int[][] alike = [.. Enumerable.Range(0, quotas.Length).Where(slot => quotas[slot] > 0).GroupBy(slot => quotas[slot]).Select(group => group.ToArray())];
        PriorityQueue<int[], (long Due, long Quota)> queue = new(Comparer<(long Due, long Quota)>.Create((x, y) => (x.Due * y.Quota).CompareTo(y.Due * x.Quota)));
        foreach (int[] slots in alike)
        {
            queue.Enqueue(slots, (1, quotas[slots[0]]));
        }

        while (queue.TryDequeue(out int[]? slots, out (long Due, long Quota) turn))
        {
            List<(int[] Slots, (long Due, long Quota) Turn)> together = [(slots, turn)];
            while (queue.TryPeek(out int[]? others, out (long Due, long Quota) next) && next.Due * turn.Quota == turn.Due * next.Quota)
            {
                together.Add((others, next));
                _ = queue.Dequeue();
            }

            foreach (int slot in together.Count == 1 ? slots : [.. together.SelectMany(one => one.Slots).Order()])
            {
                yield return slot;
            }

            foreach ((int[] again, (long due, long quota)) in together)
            {
                if (due + 2 < 2 * quota)
                {
                    queue.Enqueue(again, (due + 2, quota));
                }
            }
        }
    }

    /// <summary>
    /// Entries of each slot: proportional to its weight, the remainder to the largest fractions (to the lower slot when equal);
    /// at least one for each slot that has a weight.
    /// </summary>
    public static int[] Quotas(IReadOnlyList<int> weights, int size)
    {
        long total = weights.Sum(w => (long)w);
        int[] quotas = new int[weights.Count];
        long left = size;
        for (int slot = 0; slot < quotas.Length; slot++)
        {
            quotas[slot] = weights[slot] == 0 ? 0 : (int)Math.Max(1, (long)size * weights[slot] / total);
            left -= quotas[slot];
        }

        int[] byFraction = [.. Enumerable.Range(0, quotas.Length).Where(s => weights[s] > 0)
            .OrderByDescending(s => (long)size * weights[s] % total).ThenBy(s => s)];
        for (int i = 0; left > 0; i++, left--)
        {
            quotas[byFraction[i]]++;
        }

        // Entries given to very small weights come from the largest shares.
        for (; left < 0; left++)
        {
            int largest = Array.IndexOf(quotas, quotas.Max());
            quotas[largest]--;
        }

        return quotas;
    }
}
