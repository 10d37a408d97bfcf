using System.Buffers.Binary;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Hashing;

/// <summary>
/// The hash by which Linux chooses a member of a group, and which a program reads as <c>hash</c> of its context
/// (udp_ehashfn, udp6_ehashfn, inet_ehashfn, inet6_ehashfn). Words of addresses and the peer's port enter as they lie in the packet, read
/// little-endian; the local port enters as a number.
/// </summary>
public static class FlowHash
{
    /// <summary>Hash of a packet that came from the peer to the local end.</summary>
    /// <param name="secrets">The host's secrets.</param>
    /// <param name="mix">The namespace's mix.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="family">Family of the packet: an IPv4 packet has the IPv4 formula on a dual-stack socket too.</param>
    /// <param name="localAddress">Destination of the packet as a big-endian number, or 0 when the wildcard pass of the lookup found the group.</param>
    /// <param name="localPort">Destination port.</param>
    /// <param name="peerAddress">Source of the packet.</param>
    /// <param name="peerPort">Source port.</param>
    /// <param name="formula">The host's TCP formula.</param>
    public static uint Compute(
        HashSecrets secrets, uint mix, TransportProtocol protocol, IpFamily family,
        UInt128 localAddress, ushort localPort, UInt128 peerAddress, ushort peerPort, TcpHashFormula formula = TcpHashFormula.PortAdded)
    {
        (uint seed, uint addressSeed) = secrets.For(protocol, family);
        return Compute(seed + mix, addressSeed, protocol, family, localAddress, localPort, peerAddress, peerPort, formula);
    }

    /// <summary>The same with the seeds of the protocol and family, the mix added to the first.</summary>
    internal static uint Compute(
        uint seed, uint addressSeed, TransportProtocol protocol, IpFamily family,
        UInt128 localAddress, ushort localPort, UInt128 peerAddress, ushort peerPort, TcpHashFormula formula)
    {
        uint peer = family == IpFamily.V4 ? Raw((uint)peerAddress) : Fold(peerAddress, addressSeed);
        (uint local, uint ports, uint added) = Words(protocol, localAddress, localPort, peerPort, formula);
        return added + JenkinsHash.OfThree(local, peer, ports, seed);
    }

    /// <summary>The words that are hashed beside the peer's address, and what is added to the result.</summary>
    internal static (uint Local, uint Ports, uint Added) Words(
        TransportProtocol protocol, UInt128 localAddress, ushort localPort, ushort peerPort, TcpHashFormula formula)
    {
        uint port = BinaryPrimitives.ReverseEndianness(peerPort);
        return protocol == TransportProtocol.Tcp && formula == TcpHashFormula.PortAdded
            ? (Raw((uint)localAddress), port, (uint)localPort)
            : (Raw((uint)localAddress), ((uint)localPort << 16) | port, 0u);
    }

    internal static uint Raw(uint word) => BinaryPrimitives.ReverseEndianness(word);

    private static uint Fold(UInt128 address, uint seed) =>
        JenkinsHash.OfFour(Raw((uint)(address >> 96)), Raw((uint)(address >> 64)), Raw((uint)(address >> 32)), Raw((uint)address), seed);
}
