using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace ReuseportPS.Linux.Netlink;

/// <summary>A netlink message being written: header, fixed part, attributes. No I/O.</summary>
internal sealed class NetlinkMessage
{
    private const int HeaderLength = 16;

    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    internal NetlinkMessage(ushort type, ushort flags, uint sequence)
    {
        _ = U32(0).U16(type).U16(flags).U32(sequence).U32(0);
    }

    /// <summary>The finished message.</summary>
    internal byte[] ToArray()
    {
        byte[] message = _bytes.WrittenSpan.ToArray();
        uint length = (uint)message.Length;
        MemoryMarshal.Write(message, in length);
        return message;
    }

    internal NetlinkMessage U8(byte value) => Bytes([value]);

    internal NetlinkMessage U16(ushort value) => Write(in value);

    internal NetlinkMessage U32(uint value) => Write(in value);

    internal NetlinkMessage U16BigEndian(ushort value) => U16(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    internal NetlinkMessage Zeros(int count)
    {
        _bytes.GetSpan(count)[..count].Clear();
        _bytes.Advance(count);
        return this;
    }

    internal NetlinkMessage Bytes(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }

    internal NetlinkMessage Attribute(ushort type, ReadOnlySpan<byte> value) =>
        U16((ushort)(4 + value.Length)).U16(type).Bytes(value).Zeros(-value.Length & 3);

    internal NetlinkMessage Attribute(ushort type, uint value) => Attribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    internal NetlinkMessage Attribute(ushort type, string value) => Attribute(type, Encoding.ASCII.GetBytes(value + '\0'));

    /// <summary>An attribute whose value is what <paramref name="content"/> writes.</summary>
    internal NetlinkMessage Nested(ushort type, Action<NetlinkMessage> content)
    {
        NetlinkMessage inner = new(0, 0, 0);
        content(inner);
        return Attribute(type, inner._bytes.WrittenSpan[HeaderLength..]);
    }

    private NetlinkMessage Write<T>(in T value)
        where T : unmanaged =>
        Bytes(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
}
