using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Hashing;

/// <summary>
/// The six random words that a Linux host draws once per boot for its socket hashes. The seventh input, the mix of a network
/// namespace, belongs to the namespace.
/// </summary>
/// <param name="Udp4">Seed of the UDP hash over IPv4.</param>
/// <param name="Udp6">Seed of the UDP hash over IPv6.</param>
/// <param name="Udp6Address">Seed with which a UDP peer's IPv6 address is folded.</param>
/// <param name="Tcp4">Seed of the TCP hash over IPv4.</param>
/// <param name="Tcp6">Seed of the TCP hash over IPv6.</param>
/// <param name="Tcp6Address">Seed with which a TCP peer's IPv6 address is folded.</param>
public sealed record HashSecrets(uint Udp4, uint Udp6, uint Udp6Address, uint Tcp4, uint Tcp6, uint Tcp6Address)
{
    /// <summary>The secrets of a seed: six draws, in the order of the parameters.</summary>
    public static HashSecrets FromSeed(ulong seed)
    {
        Xoshiro256 random = Xoshiro256.ForStream(seed, RandomStream.HashSecrets);
        return new HashSecrets(
            random.NextUInt32(), random.NextUInt32(), random.NextUInt32(),
            random.NextUInt32(), random.NextUInt32(), random.NextUInt32());
    }

    /// <summary>Says nothing of the values: with them anyone can aim flows at one socket.</summary>
    public override string ToString() => nameof(HashSecrets);
}
