using System.Buffers.Binary;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Hashing;

/// <summary>
/// The hash by which Linux 6.18 chooses a member of a group, and which a program reads as <c>hash</c> of its context
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
    public static uint Compute(
        HashSecrets secrets, uint mix, TransportProtocol protocol, IpFamily family,
        UInt128 localAddress, ushort localPort, UInt128 peerAddress, ushort peerPort)
    {
        uint local = Raw((uint)localAddress);
        uint peer = family == IpFamily.V4 ? Raw((uint)peerAddress) : Fold(peerAddress, secrets, protocol);
        uint port = BinaryPrimitives.ReverseEndianness(peerPort);

        if (protocol == TransportProtocol.Udp)
        {
            uint ports = ((uint)localPort << 16) | port;
            return JenkinsHash.OfThree(local, peer, ports, (family == IpFamily.V4 ? secrets.Udp4 : secrets.Udp6) + mix);
        }

        return localPort + JenkinsHash.OfThree(local, peer, port, (family == IpFamily.V4 ? secrets.Tcp4 : secrets.Tcp6) + mix);
    }

    private static uint Fold(UInt128 address, HashSecrets secrets, TransportProtocol protocol) =>
        JenkinsHash.OfFour(
            Raw((uint)(address >> 96)), Raw((uint)(address >> 64)), Raw((uint)(address >> 32)), Raw((uint)address),
            protocol == TransportProtocol.Udp ? secrets.Udp6Address : secrets.Tcp6Address);

    private static uint Raw(uint word) => BinaryPrimitives.ReverseEndianness(word);
}
