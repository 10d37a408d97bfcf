using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// Addresses in the one form that the tables use: a big-endian 128-bit number, an IPv4 address as ::ffff:a.b.c.d, and 0 for the
/// wildcard of either family. So an IPv4 socket and an IPv6 socket on the mapped address share a chain, as in the kernel.
/// </summary>
internal static class TableAddress
{
    public const uint Loopback4 = 0x7f000001;

    private static readonly UInt128 s_mappedPrefix = (UInt128)0xffff << 32;

    public static UInt128 Loopback6 => UInt128.One;

    /// <summary>Table form of an IPv4 address that may be the wildcard.</summary>
    public static UInt128 FromV4(uint address) => address == 0 ? 0 : s_mappedPrefix | address;

    public static UInt128 FromIPAddress(IPAddress address)
    {
        UInt128 number = FlowKey.ToNumber(address);
        return address.AddressFamily == AddressFamily.InterNetwork ? FromV4((uint)number) : number;
    }

    /// <summary>255.255.255.255.</summary>
    public static UInt128 Broadcast { get; } = FromV4(uint.MaxValue);

    /// <summary>Table form of an address of a packet.</summary>
    public static UInt128 FromPacket(IpFamily family, UInt128 address) => family == IpFamily.V4 ? FromV4((uint)address) : address;

    /// <summary>The address as a packet of that family has it.</summary>
    public static UInt128 ToPacket(IpFamily family, UInt128 address) => family == IpFamily.V4 ? (uint)address : address;

    /// <summary>Family of the packets to a specific address.</summary>
    public static IpFamily FamilyOf(UInt128 address) => IsMapped(address) ? IpFamily.V4 : IpFamily.V6;

    public static bool IsMapped(UInt128 address) => address >> 32 == 0xffff;

    /// <summary>The chain of an address: ::ffff:0.0.0.0 lies with the wildcards.</summary>
    public static UInt128 ChainOf(UInt128 address) => address == s_mappedPrefix ? 0 : address;

    public static IPAddress ToIPAddress(IpFamily family, UInt128 address) =>
        FlowKey.ToAddress(family, ToPacket(family, address));

    /// <summary>IPv4 group or limited broadcast, or IPv6 group.</summary>
    public static bool IsMulticast(UInt128 address) =>
        IsMapped(address) ? ((uint)address >> 28) == 0xe || (uint)address == uint.MaxValue : address >> 120 == 0xff;

    /// <summary>The address that the host sends from when none was chosen: every address is local, and 127.0.0.0/8 prefers 127.0.0.1.</summary>
    public static UInt128 SourceFor(UInt128 destination)
    {
        if (!IsMapped(destination))
        {
            return Loopback6;
        }

        return ((uint)destination >> 24) == 127 ? FromV4(Loopback4) : destination;
    }

    /// <summary>
    /// Whether two sockets claim an address in common (inet_rcv_saddr_equal with wildcards): in IPv4, where a dual-stack wildcard counts, or in IPv6.
    /// </summary>
    public static bool Overlap(IpFamily family1, UInt128 address1, bool v6Only1, IpFamily family2, UInt128 address2, bool v6Only2)
    {
        bool mapped1 = family1 == IpFamily.V4 || IsMapped(address1);
        bool mapped2 = family2 == IpFamily.V4 || IsMapped(address2);
        bool inV4 = (mapped1 || (address1 == 0 && !v6Only1)) && (mapped2 || (address2 == 0 && !v6Only2));
        bool inV6 = !mapped1 && !mapped2;
        UInt128 chain1 = ChainOf(address1);
        UInt128 chain2 = ChainOf(address2);
        return (inV4 || inV6) && (chain1 == chain2 || chain1 == 0 || chain2 == 0);
    }
}
