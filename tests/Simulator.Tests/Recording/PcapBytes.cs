using System.Buffers.Binary;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>Writes pcap files byte by byte, in every form and damaged on request; independent of the code under test.</summary>
internal sealed class PcapBytes(bool bigEndian = false, bool nanoseconds = false, int link = 101, ushort major = 2, ushort minor = 4, uint? magic = null)
{
    private readonly List<byte> _bytes = Header(bigEndian, nanoseconds, link, major, minor, magic);

    public int Length => _bytes.Count;

    public PcapBytes Record(uint seconds, uint fraction, byte[] frame, uint? captured = null, uint? original = null)
    {
        Add(seconds);
        Add(fraction);
        Add(captured ?? (uint)frame.Length);
        Add(original ?? (uint)frame.Length);
        _bytes.AddRange(frame);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];

    private static List<byte> Header(bool bigEndian, bool nanoseconds, int link, ushort major, ushort minor, uint? magic)
    {
        byte[] header = new byte[24];
        Put32(header.AsSpan(), magic ?? (nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4), bigEndian);
        if (bigEndian)
        {
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), major);
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), minor);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), major);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), minor);
        }

        Put32(header.AsSpan(16), 262144, bigEndian);
        Put32(header.AsSpan(20), (uint)link, bigEndian);
        return [.. header];
    }

    private static void Put32(Span<byte> at, uint value, bool bigEndian)
    {
        if (bigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(at, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(at, value);
        }
    }

    private void Add(uint value)
    {
        byte[] bytes = new byte[4];
        Put32(bytes, value, bigEndian);
        _bytes.AddRange(bytes);
    }
}
