using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>An address prefix (CIDR). It matches addresses of its own family only: <c>::/0</c> matches no IPv4 packet.</summary>
/// <param name="Family">IP version.</param>
/// <param name="Address">The first address, as in <see cref="FlowKey"/>: big-endian, IPv4 in the low 32 bits.</param>
/// <param name="Length">Bits that must agree: 0 to 32, or 0 to 128.</param>
public readonly record struct AddressPrefix(IpFamily Family, UInt128 Address, int Length)
{
    /// <summary>Bits of an address of the family.</summary>
    public int Bits => Family == IpFamily.V4 ? 32 : 128;

    /// <summary>The bits that must agree, set.</summary>
    public UInt128 Mask => MaskOf(Bits, Length);

    /// <summary>Whether an address is in the prefix.</summary>
    public bool Contains(IpFamily family, UInt128 address) => family == Family && (address & Mask) == Address;

    /// <summary>Whether every address of <paramref name="other"/> is in the prefix.</summary>
    public bool Contains(AddressPrefix other) => Length <= other.Length && Contains(other.Family, other.Address);

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>192.0.2.1</c>, <c>2001:db8::/32</c>; bits after the prefix must be 0.</summary>
    /// <param name="text">The text.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="problem">Why not, without a place; null on success.</param>
    public static bool TryParse(string text, out AddressPrefix prefix, out Diagnostic? problem)
    {
        prefix = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string addressText = slash < 0 ? text : text[..slash];
        if (!TryParseAddress(addressText, out IpFamily family, out UInt128 address, out string reason))
        {
            problem = PolicyDiagnostics.BadAddress.At(null, $"'{text}' is not an address prefix: {reason}.");
            return false;
        }

        int bits = family == IpFamily.V4 ? 32 : 128;
        uint length = (uint)bits;
        if (slash >= 0 && !NumberText.TryParse(text[(slash + 1)..], 0, (uint)bits, out length, out reason))
        {
            problem = PolicyDiagnostics.BadAddress.At(null, $"'{text}' has no valid prefix length: {reason}.");
            return false;
        }

        UInt128 mask = MaskOf(bits, (int)length);
        AddressPrefix network = new(family, address & mask, (int)length);
        if (network.Address != address)
        {
            problem = PolicyDiagnostics.HostBits.At(null, $"'{text}' has bits set after its first {length}.", $"Write {network} for the network, or {addressText} for the one address.");
            return false;
        }

        if (family == IpFamily.V6 && length >= 96 && address >> 32 == 0xffff)
        {
            AddressPrefix plain = new(IpFamily.V4, address & uint.MaxValue, (int)length - 96);
            problem = PolicyDiagnostics.BadAddress.At(null, $"'{text}' is an IPv4 address in IPv6 form; IPv4 packets are matched as IPv4, on dual-stack sockets too.", $"Write {plain}.");
            return false;
        }

        prefix = network;
        problem = null;
        return true;
    }

    /// <summary>The prefix as it is written in a policy.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{FlowKey.ToAddress(Family, Address)}/{Length}");

    private static UInt128 MaskOf(int bits, int length) =>
        length == 0 ? UInt128.Zero : UInt128.MaxValue << (bits - length) & (UInt128.MaxValue >> (128 - bits));

    // IPAddress.Parse takes 10.1, 0x0a.0.0.1, 010.0.0.1, [::1]:80 and ::1%2; here an address has one form.
    private static bool TryParseAddress(string text, out IpFamily family, out UInt128 address, out string reason)
    {
        address = 0;
        family = text.Contains(':', StringComparison.Ordinal) ? IpFamily.V6 : IpFamily.V4;
        reason = "";
        if (family == IpFamily.V6)
        {
            if (!text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.') || !IPAddress.TryParse(text, out IPAddress? parsed))
            {
                reason = "the address is not IPv6";
                return false;
            }

            address = FlowKey.ToNumber(parsed);
            return true;
        }

        string[] parts = text.Split('.');
        if (parts.Length != 4)
        {
            reason = "an IPv4 address has four numbers";
            return false;
        }

        foreach (string part in parts)
        {
            if (!NumberText.TryParse(part, 0, 255, out uint value, out reason))
            {
                reason = $"in '{part}', {reason}";
                return false;
            }

            address = address << 8 | value;
        }

        return true;
    }
}
