using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Snapshots;

/// <summary>
/// Replaces addresses, the same always by the same under one key, and no two by one: of two addresses whose first n bits are equal the replacements have
/// equal first n bits, and no more (the scheme of Crypto-PAn). Bit n is flipped or not by a keyed hash of the n bits before it.
/// </summary>
/// <param name="key">The key. Who has it, or can guess it, can undo the masking.</param>
public sealed class AddressMask(byte[] key)
{
    private readonly Dictionary<(IpFamily Family, int Length, UInt128 Prefix), bool> _flips = [];

    /// <summary>The replacement of an address; an IPv4 address in IPv6 notation is replaced as the IPv4 address that it is.</summary>
    public IPAddress Mask(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return Mask(address.MapToIPv4()).MapToIPv6();
        }

        IpFamily family = address.AddressFamily == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
        return FlowKey.ToAddress(family, Mask(family, FlowKey.ToNumber(address)));
    }

    /// <summary>The same for an address as a number.</summary>
    public UInt128 Mask(IpFamily family, UInt128 address)
    {
        int bits = family == IpFamily.V4 ? 32 : 128;
        UInt128 masked = address;
        for (int length = 0; length < bits; length++)
        {
            UInt128 prefix = length == 0 ? 0 : address >> (bits - length);
            if (Flips(family, length, prefix))
            {
                masked ^= UInt128.One << (bits - length - 1);
            }
        }

        return masked;
    }

    private bool Flips(IpFamily family, int length, UInt128 prefix)
    {
        if (!_flips.TryGetValue((family, length, prefix), out bool flips))
        {
            Span<byte> input = stackalloc byte[18];
            (input[0], input[1]) = ((byte)family, (byte)length);
            BinaryPrimitives.WriteUInt128BigEndian(input[2..], prefix);
            Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(key, input, hash);
            flips = (hash[0] & 1) != 0;
            _flips.Add((family, length, prefix), flips);
        }

        return flips;
    }
}
