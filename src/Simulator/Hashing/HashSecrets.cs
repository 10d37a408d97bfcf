using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Hashing;

/// <summary>
/// The six random words that a Linux host draws once per boot for its socket hashes. The seventh input, the mix of a network namespace, belongs to
/// the namespace. With them anyone can aim flows at one socket: they are no properties, so no text, formatter or serializer shows them.
/// </summary>
public sealed class HashSecrets
{
    private readonly uint _udp4;
    private readonly uint _udp6;
    private readonly uint _udp6Address;
    private readonly uint _tcp4;
    private readonly uint _tcp6;
    private readonly uint _tcp6Address;

    /// <summary>Takes the words.</summary>
    /// <param name="udp4">Seed of the UDP hash over IPv4.</param>
    /// <param name="udp6">Seed of the UDP hash over IPv6.</param>
    /// <param name="udp6Address">Seed with which a UDP peer's IPv6 address is folded.</param>
    /// <param name="tcp4">Seed of the TCP hash over IPv4.</param>
    /// <param name="tcp6">Seed of the TCP hash over IPv6.</param>
    /// <param name="tcp6Address">Seed with which a TCP peer's IPv6 address is folded.</param>
    public HashSecrets(uint udp4, uint udp6, uint udp6Address, uint tcp4, uint tcp6, uint tcp6Address) =>
        (_udp4, _udp6, _udp6Address, _tcp4, _tcp6, _tcp6Address) = (udp4, udp6, udp6Address, tcp4, tcp6, tcp6Address);

    /// <summary>The secrets of a seed: six draws, in the order of the parameters.</summary>
    public static HashSecrets FromSeed(ulong seed)
    {
        Xoshiro256 random = Xoshiro256.ForStream(seed, RandomStream.HashSecrets);
        return new HashSecrets(
            random.NextUInt32(), random.NextUInt32(), random.NextUInt32(),
            random.NextUInt32(), random.NextUInt32(), random.NextUInt32());
    }

    /// <summary>The seed of a hash, and for IPv6 that of the peer's address.</summary>
    internal (uint Seed, uint Address) For(TransportProtocol protocol, IpFamily family) => (protocol, family) switch
    {
        (TransportProtocol.Udp, IpFamily.V4) => (_udp4, 0),
        (TransportProtocol.Udp, _) => (_udp6, _udp6Address),
        (_, IpFamily.V4) => (_tcp4, 0),
        _ => (_tcp6, _tcp6Address),
    };
}
