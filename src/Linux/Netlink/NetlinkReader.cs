using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Netlink;

/// <summary>Walks over the messages of a datagram, and over the attributes of a message. No I/O; bytes that do not fit end the walk.</summary>
internal ref struct NetlinkReader
{
    private const int MessageHeader = 16;
    private const int AttributeHeader = 4;

    private ReadOnlySpan<byte> _rest;

    internal NetlinkReader(ReadOnlySpan<byte> bytes) => _rest = bytes;

    /// <summary>True when the walk ended before the bytes did.</summary>
    internal readonly bool IsMalformed => !_rest.IsEmpty;

    internal bool TryMessage(out ushort type, out ushort flags, out uint sequence, out ReadOnlySpan<byte> payload)
    {
        (type, flags, sequence) = (0, 0, 0);
        payload = default;
        if (_rest.Length < MessageHeader || MemoryMarshal.Read<uint>(_rest) is not (>= MessageHeader and uint length) || length > (uint)_rest.Length)
        {
            return false;
        }

        type = MemoryMarshal.Read<ushort>(_rest[4..]);
        flags = MemoryMarshal.Read<ushort>(_rest[6..]);
        sequence = MemoryMarshal.Read<uint>(_rest[8..]);
        payload = _rest[MessageHeader..(int)length];
        _rest = _rest[Math.Min(_rest.Length, Align((int)length))..];
        return true;
    }

    internal bool TryAttribute(out ushort type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (_rest.Length < AttributeHeader || MemoryMarshal.Read<ushort>(_rest) is not (>= AttributeHeader and ushort length) || length > _rest.Length)
        {
            return false;
        }

        type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & 0x3fff); // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
        value = _rest[AttributeHeader..length];
        _rest = _rest[Math.Min(_rest.Length, Align(length))..];
        return true;
    }

    private static int Align(int length) => (length + 3) & ~3;
}
