using System.Buffers.Binary;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The hash of the policy language: Bob Jenkins' lookup3 (<c>hashword</c>) over the 32-bit words of the key, the bytes of the
/// packet read as little-endian words in the order source address, destination address, ports. The language fixes it, so that
/// a preview anywhere equals the decision in a kernel.
/// </summary>
public static class FlowHash
{
    /// <summary>Words of the largest key: two IPv6 addresses and the ports.</summary>
    public const int MostWords = 9;

    /// <summary>What the three state words begin with, before length and seed are added (lookup3).</summary>
    public const uint InitialValue = JenkinsHash.InitialValue;

    /// <summary>
    /// What one hash is multiplied with to give the next candidate's: a multiplier for modulus 2^32 of good lattice structure
    /// (P. L'Ecuyer, Tables of linear congruential generators, 1999), so that the flows of a missing slot spread evenly.
    /// </summary>
    public const uint RehashMultiplier = 2_891_336_453;

    /// <summary>Candidates that are tried at most: the first and four more.</summary>
    public const int Candidates = 5;

    /// <summary>Slots on standby that are tried at most.</summary>
    public const int StandbyCandidates = 2;

    /// <summary>The words of a key.</summary>
    /// <param name="flow">The packet's five-tuple.</param>
    /// <param name="key">Which fields.</param>
    /// <param name="words">Receives the words; at least <see cref="MostWords"/>.</param>
    /// <returns>How many there are.</returns>
    public static int Words(in FlowKey flow, HashKey key, Span<uint> words)
    {
        int count = 0;
        if (key.HasFlag(HashKey.Source))
        {
            count += AddressWords(flow.Family, flow.Source, words);
        }

        if (key.HasFlag(HashKey.Destination))
        {
            count += AddressWords(flow.Family, flow.Destination, words[count..]);
        }

        uint source = BinaryPrimitives.ReverseEndianness(flow.SourcePort);
        uint destination = BinaryPrimitives.ReverseEndianness(flow.DestinationPort);
        switch (key & (HashKey.SourcePort | HashKey.DestinationPort))
        {
            case HashKey.SourcePort | HashKey.DestinationPort:
                words[count++] = source | destination << 16;
                break;
            case HashKey.SourcePort:
                words[count++] = source;
                break;
            case HashKey.DestinationPort:
                words[count++] = destination;
                break;
        }

        return count;
    }

    /// <summary>The hash of a packet.</summary>
    public static uint Compute(in FlowKey flow, HashKey key, uint seed)
    {
        Span<uint> words = stackalloc uint[MostWords];
        return Compute(words[..Words(flow, key, words)], seed);
    }

    /// <summary>lookup3's hashword: <paramref name="seed"/> is its initval. No words give the state that it begins with.</summary>
    public static uint Compute(ReadOnlySpan<uint> words, uint seed) => words.IsEmpty ? InitialValue + seed : JenkinsHash.Compute(words, seed);

    /// <summary>The hash of the next candidate.</summary>
    public static uint Next(uint hash) => unchecked(hash * RehashMultiplier);

    /// <summary>Scales a hash onto <paramref name="count"/> choices: <c>(hash * count) >> 32</c>.</summary>
    public static int Scale(uint hash, int count) => (int)((ulong)hash * (uint)count >> 32);

    private static int AddressWords(IpFamily family, UInt128 address, Span<uint> words)
    {
        if (family == IpFamily.V4)
        {
            words[0] = BinaryPrimitives.ReverseEndianness((uint)address);
            return 1;
        }

        for (int i = 0; i < 4; i++)
        {
            words[i] = BinaryPrimitives.ReverseEndianness((uint)(address >> (96 - (32 * i))));
        }

        return 4;
    }
}
