using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Hashes a five-tuple by multiplication, several times faster than the hash of a record.</summary>
internal sealed class FlowKeyComparer : IEqualityComparer<FlowKey>
{
    public bool Equals(FlowKey x, FlowKey y) => x == y;

    public int GetHashCode(FlowKey key)
    {
        ulong hash = Mix((ulong)key.Source ^ ((ulong)key.SourcePort << 32) ^ ((ulong)key.DestinationPort << 48), (ulong)(key.Source >> 64));
        hash = Mix(hash ^ (ulong)key.Destination, (ulong)(key.Destination >> 64) ^ ((ulong)key.Protocol << 8) ^ (ulong)key.Family);
        return (int)(hash ^ (hash >> 32));
    }

    private static ulong Mix(ulong first, ulong second)
    {
        ulong high = Math.BigMul(first ^ 0x9E37_79B9_7F4A_7C15, second ^ 0xD1B5_4A32_D192_ED03, out ulong low);
        return high ^ low;
    }
}
