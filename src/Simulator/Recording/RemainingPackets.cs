using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Draws flows without replacement, each as often as it has packets: a Fenwick tree over what remains.</summary>
internal sealed class RemainingPackets
{
    private readonly long[] _tree;
    private readonly int _highestBit;

    public RemainingPackets(ReadOnlySpan<long> counts)
    {
        _tree = new long[counts.Length + 1];
        for (int index = 1; index < _tree.Length; index++)
        {
            Total += counts[index - 1];
            _tree[index] += counts[index - 1];
            int parent = index + (index & -index);
            if (parent < _tree.Length)
            {
                _tree[parent] += _tree[index];
            }
        }

        _highestBit = 1 << System.Numerics.BitOperations.Log2((uint)counts.Length);
    }

    /// <summary>Packets not drawn yet.</summary>
    public long Total { get; private set; }

    /// <summary>The flow of the next packet; there must be one.</summary>
    public int Draw(Xoshiro256 random)
    {
        long rank = (long)random.NextBelow((ulong)Total);
        int flow = 0;
        for (int step = _highestBit; step > 0; step >>= 1)
        {
            if (flow + step < _tree.Length && _tree[flow + step] <= rank)
            {
                flow += step;
                rank -= _tree[flow];
            }
        }

        Total--;
        for (int index = flow + 1; index < _tree.Length; index += index & -index)
        {
            _tree[index]--;
        }

        return flow;
    }
}
