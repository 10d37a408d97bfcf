namespace ReuseportPS.Engine.Packets;

/// <summary>What the fragments of one datagram share, as the kernel compares it (struct frag_v4_compare_key, frag_v6_compare_key).</summary>
/// <param name="Family">IP version.</param>
/// <param name="Source">Source address, as in <see cref="FlowKey"/>.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="Identification">Identification: 16 bits of IPv4, 32 of IPv6.</param>
/// <param name="Protocol">Protocol of IPv4; 0 for IPv6, which does not compare it.</param>
public readonly record struct DatagramKey(IpFamily Family, UInt128 Source, UInt128 Destination, uint Identification, int Protocol);
