using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ReuseportPS.Engine.Packets;

/// <summary>The addresses that share their first bits: <c>10.0.0.0/8</c>, <c>2001:db8::/32</c>.</summary>
public readonly record struct AddressPrefix
{
    private readonly UInt128 _mask;

    /// <summary>A prefix; bits of the address after the prefix are dropped.</summary>
    /// <param name="family">IP version.</param>
    /// <param name="address">Address as a number, as in <see cref="FlowKey"/>.</param>
    /// <param name="length">Length in bits, 0 to 32 or 128.</param>
    public AddressPrefix(IpFamily family, UInt128 address, int length)
    {
        int bits = BitsOf(family);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, bits);
        UInt128 all = UInt128.MaxValue >> (128 - bits);
        // A UInt128 shift by 128 shifts by 0, so the host part is made in two steps.
        UInt128 host = length == 0 ? all : (UInt128.One << (bits - length)) - 1;
        Family = family;
        Length = length;
        _mask = all & ~host;
        Address = address & _mask;
    }

    /// <summary>IP version.</summary>
    public IpFamily Family { get; }

    /// <summary>First address of the prefix.</summary>
    public UInt128 Address { get; }

    /// <summary>Length in bits.</summary>
    public int Length { get; }

    /// <summary>Bits in which the addresses of the prefix differ.</summary>
    public int HostBits => BitsOf(Family) - Length;

    /// <summary>Whether an address lies within. An IPv4-mapped IPv6 address is an IPv6 address.</summary>
    public bool Contains(IpFamily family, UInt128 address) => family == Family && (address & _mask) == Address;

    /// <summary>Reads <c>10.1.2.0/24</c>, or an address alone, which is the prefix of full length. Bits after the prefix are dropped.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out AddressPrefix prefix)
    {
        prefix = default;
        int slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        ReadOnlySpan<char> address = slash < 0 ? text : text.AsSpan(0, slash);
        if (!IPAddress.TryParse(address, out IPAddress? parsed) || address.ContainsAny('%', '['))
        {
            return false;
        }

        // IPAddress also reads 10.1, 010.0.0.1 and 0x0a000001, which people read differently.
        if (parsed.AddressFamily == AddressFamily.InterNetwork && !address.SequenceEqual(parsed.ToString()))
        {
            return false;
        }

        IpFamily family = parsed.AddressFamily == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
        int length = BitsOf(family);
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > BitsOf(family)))
        {
            return false;
        }

        prefix = new AddressPrefix(family, FlowKey.ToNumber(parsed), length);
        return true;
    }

    /// <summary>The prefix as <c>address/length</c>.</summary>
    public override string ToString() => $"{FlowKey.ToAddress(Family, Address)}/{Length}";

    private static int BitsOf(IpFamily family) => family == IpFamily.V4 ? 32 : 128;
}
