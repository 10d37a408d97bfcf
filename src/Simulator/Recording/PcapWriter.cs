using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Writes the classic pcap format, little-endian, with nanoseconds.</summary>
public sealed class PcapWriter
{
    private readonly Stream _stream;

    /// <summary>Writes the file header. The stream stays the caller's.</summary>
    /// <param name="stream">Where to write.</param>
    /// <param name="link">What each frame begins with; <see cref="LinkType.Raw"/> for <see cref="Write(in Packet)"/>.</param>
    public PcapWriter(Stream stream, LinkType link = LinkType.Raw)
    {
        _stream = stream;
        Link = link;
        Span<byte> header = stackalloc byte[PcapFormat.FileHeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, PcapFormat.MagicNanoseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], PcapFormat.LargestRecord);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], (int)link);
        stream.Write(header);
    }

    /// <summary>The link type of the file.</summary>
    public LinkType Link { get; }

    /// <summary>Writes a packet from its network header on.</summary>
    public void Write(in Packet packet)
    {
        if (Link != LinkType.Raw)
        {
            throw new InvalidOperationException($"A packet has no link-layer header, and the file is of link type {Link}.");
        }

        Write(packet.Timestamp, packet.Data.Span, packet.TransportOffset + packet.TransportLength);
    }

    /// <summary>Writes a frame.</summary>
    /// <param name="timestamp">Nanoseconds since the Unix epoch, until the year 2106.</param>
    /// <param name="frame">The captured bytes, at most 262144.</param>
    /// <param name="sentLength">Length on the wire.</param>
    public void Write(long timestamp, ReadOnlySpan<byte> frame, int sentLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frame.Length, PcapFormat.LargestRecord, nameof(frame));
        (long seconds, long nanoseconds) = Math.DivRem(timestamp, 1_000_000_000);
        Span<byte> header = stackalloc byte[PcapFormat.RecordHeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header, checked((uint)seconds));
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], checked((uint)nanoseconds));
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], frame.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], sentLength);
        _stream.Write(header);
        _stream.Write(frame);
    }
}
