using System.Buffers.Binary;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>Writes pcapng files block by block; independent of the code under test.</summary>
internal sealed class PcapngBytes(bool bigEndian = false)
{
    private readonly List<byte> _bytes = [];
    private bool _bigEndian = bigEndian;

    public int Length => _bytes.Count;

    public PcapngBytes Section(bool? bigEndian = null, ushort major = 1)
    {
        _bigEndian = bigEndian ?? _bigEndian;
        return Block(0x0A0D0D0A, [.. U32(0x1A2B3C4D), .. U16(major), .. U16(0), .. Enumerable.Repeat((byte)0xFF, 8)]);
    }

    public PcapngBytes Interface(ushort link, byte? resolution = null, long? offset = null, uint snapLength = 0)
    {
        List<byte> body = [.. U16(link), .. U16(0), .. U32(snapLength)];
        body.AddRange(Option(2, "eth0"u8.ToArray()));
        if (resolution is byte value)
        {
            body.AddRange(Option(9, [value]));
        }

        if (offset is long seconds)
        {
            byte[] bytes = BitConverter.GetBytes(seconds);
            body.AddRange(Option(14, _bigEndian ? [.. bytes.Reverse()] : bytes));
        }

        return Block(1, [.. body, .. Option(0, [])]);
    }

    public PcapngBytes Packet(uint id, ulong time, byte[] frame, uint? original = null, uint? flags = null, uint? captured = null) => Block(
        6,
        [
            .. U32(id), .. U32((uint)(time >> 32)), .. U32((uint)time), .. U32(captured ?? (uint)frame.Length), .. U32(original ?? (uint)frame.Length), .. Padded(frame),
            .. flags is uint value ? (byte[])[.. Option(1, "a comment"u8.ToArray()), .. Option(2, U32(value)), .. Option(0, [])] : [],
        ]);

    public PcapngBytes Simple(byte[] frame, uint? original = null) => Block(3, [.. U32(original ?? (uint)frame.Length), .. Padded(frame)]);

    public PcapngBytes Obsolete(ushort id, ulong time, byte[] frame) => Block(
        2, [.. U16(id), .. U16(0), .. U32((uint)(time >> 32)), .. U32((uint)time), .. U32((uint)frame.Length), .. U32((uint)frame.Length), .. Padded(frame)]);

    public PcapngBytes Block(uint type, byte[] body, uint? length = null, uint? trailer = null)
    {
        uint whole = (uint)body.Length + 12;
        _bytes.AddRange([.. U32(type), .. U32(length ?? whole), .. body, .. U32(trailer ?? length ?? whole)]);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[-bytes.Length & 3]];

    private byte[] Option(ushort code, byte[] value) => [.. U16(code), .. U16((ushort)value.Length), .. Padded(value)];

    private byte[] U16(ushort value) => [.. BitConverter.GetBytes(_bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value)];

    private byte[] U32(uint value) => [.. BitConverter.GetBytes(_bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value)];
}
