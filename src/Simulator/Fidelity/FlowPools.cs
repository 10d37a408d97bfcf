using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>
/// Addresses and ports that random policies name and random flows have: from small pools most of the time, so that rules match, overlap and shadow
/// each other. Every address can be bound and sent to inside a private network namespace.
/// </summary>
internal static class FlowPools
{
    private static readonly uint[] s_networks4 = [0x0a000000, 0x0a010200, 0xc0000200, 0x7f000000];
    private static readonly UInt128[] s_networks6 = [Network6(0x2001_0db8_0000_0000), Network6(0x2001_0db8_0000_0001), Network6(0xfd00_0000_0000_0000)];
    private static readonly ushort[] s_ports = [1, 53, 80, 443, 1023, 1024, 40000, 65534, 65535];

    public static UInt128 Address(Xoshiro256 random, IpFamily family)
    {
        bool pooled = random.NextBelow(5u) > 0;
        if (family == IpFamily.V4)
        {
            // 1.x to 126.x: neither this network nor loopback's broadcast nor multicast.
            return pooled ? s_networks4[random.NextBelow((uint)s_networks4.Length)] | (1 + random.NextBelow(7u)) : ((1 + random.NextBelow(126u)) << 24) | random.NextUInt32() >> 8;
        }

        return pooled
            ? s_networks6[random.NextBelow((uint)s_networks6.Length)] | (1 + random.NextBelow(7u))
            : new UInt128(0xfd00_0000_0000_0000 | random.NextUInt64() >> 16, random.NextUInt64());
    }

    public static ushort Port(Xoshiro256 random) =>
        random.NextBelow(5u) > 0 ? s_ports[random.NextBelow((uint)s_ports.Length)] : (ushort)(1 + random.NextBelow(65535u));

    /// <summary>A byte of a connection id, and of what policies compare it with.</summary>
    public static byte IdByte(Xoshiro256 random) => random.NextBelow(4u) > 0 ? Pick<byte>(random, 0, 1, 2, 0x40, 0x80, 0xff) : (byte)random.NextBelow(256u);

    public static T Pick<T>(Xoshiro256 random, params ReadOnlySpan<T> from) => from[(int)random.NextBelow((uint)from.Length)];

    private static UInt128 Network6(ulong high) => new(high, 0);
}
