using System.Collections.Immutable;

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
        int[] taken = new int[quotas.Length];

        // Slots take turns in proportion to their quotas: turn k of a slot is due at (2k + 1) / quota.
        PriorityQueue<int, (long Due, long Quota, int Slot)> turns = new(Comparer<(long Due, long Quota, int Slot)>.Create(
            (x, y) => (x.Due * y.Quota).CompareTo(y.Due * x.Quota) is int order and not 0 ? order : x.Slot.CompareTo(y.Slot)));
        for (int slot = 0; slot < quotas.Length; slot++)
        {
            if (quotas[slot] > 0)
            {
                Span<uint> word = [(uint)slot];
                position[slot] = FlowHash.Compute(word, 1) % (uint)size;
                skip[slot] = (FlowHash.Compute(word, 2) % (uint)(size - 1)) + 1;
                turns.Enqueue(slot, (1, quotas[slot], slot));
            }
        }

        while (turns.TryDequeue(out int slot, out _))
        {
            while (table[position[slot]] >= 0)
            {
                position[slot] = (uint)((position[slot] + (ulong)skip[slot]) % (uint)size);
            }

            table[position[slot]] = slot;
            if (++taken[slot] < quotas[slot])
            {
                turns.Enqueue(slot, ((2L * taken[slot]) + 1, quotas[slot], slot));
            }
        }

        return ImmutableArray.Create(table);
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
