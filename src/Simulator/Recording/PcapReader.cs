using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Streams one file of the classic pcap format: microseconds or nanoseconds, either byte order.</summary>
internal sealed class PcapReader : CaptureReader
{
    /// <summary>Seconds, a year: times further apart are not expected in one file.</summary>
    private const long LongestCapture = 365 * 24 * 3600;

    private readonly bool _bigEndian;
    private readonly int _fractionToNanoseconds;
    private readonly LinkType _link;

    /// <summary>Seconds of the record read last.</summary>
    private uint _seconds;

    /// <summary>Reads the header of a file that begins with one of the two magic numbers.</summary>
    public PcapReader(string name, CaptureBuffer buffer)
        : base(name, buffer)
    {
        if (!buffer.Fill(PcapFormat.FileHeaderLength))
        {
            _ = buffer.Error is not null ? FailToRead("the header") : Fail(
                TraceDiagnostics.NotPcap, 0, $"'{name}' has {buffer.Available.Length} bytes, and the header of a pcap file alone has {PcapFormat.FileHeaderLength}.");
            return;
        }

        ReadOnlySpan<byte> header = buffer.Available;
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        _bigEndian = magic is not (PcapFormat.MagicMicroseconds or PcapFormat.MagicNanoseconds);
        _fractionToNanoseconds = ReadUInt32(header) == PcapFormat.MagicMicroseconds ? 1000 : 1;
        (int major, int minor) = _bigEndian
            ? (BinaryPrimitives.ReadUInt16BigEndian(header[4..]), BinaryPrimitives.ReadUInt16BigEndian(header[6..]))
            : (BinaryPrimitives.ReadUInt16LittleEndian(header[4..]), BinaryPrimitives.ReadUInt16LittleEndian(header[6..]));
        if ((major, minor) != (2, 4))
        {
            Fail(TraceDiagnostics.NotSupportedYet, 4, $"'{name}' is of pcap version {major}.{minor}; only 2.4 is read.");
            return;
        }

        // The upper bits of the field say whether frames end with a check sequence; the length of the IP header leaves it out anyway.
        _link = (LinkType)(ReadUInt32(header[20..]) & 0x03FF_FFFF);
        if (!PacketParser.IsSupported(_link))
        {
            Fail(TraceDiagnostics.UnknownLinkType, 20, $"'{name}' holds frames of link type {(int)_link}, which is not known here; no packet was read.");
            return;
        }

        buffer.Advance(PcapFormat.FileHeaderLength);
    }

    private PcapReader(PcapReader other, CaptureBuffer buffer)
        : base(other.Name, buffer)
    {
        (_bigEndian, _fractionToNanoseconds, _link, _seconds) = (other._bigEndian, other._fractionToNanoseconds, other._link, other._seconds);
    }

    public override CaptureReader Fork(CaptureBuffer at) => new PcapReader(this, at);

    /// <inheritdoc/>
    protected override bool IsNextAtHand =>
        Buffer.Available is { Length: >= PcapFormat.RecordHeaderLength } header && ReadUInt32(header[8..]) <= header.Length - PcapFormat.RecordHeaderLength;

    /// <inheritdoc/>
    protected override bool TryReadFrame(ref CapturedFrame frame)
    {
        if (IsAtLimit)
        {
            return false;
        }

        if (!Buffer.Fill(PcapFormat.RecordHeaderLength))
        {
            return (Buffer.Available.Length > 0 || Buffer.Error is not null) && FailToRead("a record header");
        }

        ReadOnlySpan<byte> header = Buffer.Available;
        _seconds = ReadUInt32(header);
        uint fraction = ReadUInt32(header[4..]);
        uint captured = ReadUInt32(header[8..]);
        uint original = ReadUInt32(header[12..]);
        if (captured > PcapFormat.LargestRecord)
        {
            return Fail(
                TraceDiagnostics.AbsurdLength, Buffer.Position, $"'{Name}' is damaged: a record claims {captured} bytes; {RecordsBefore()}.");
        }

        int length = PcapFormat.RecordHeaderLength + (int)captured;
        if (!Buffer.Fill(length))
        {
            return FailToRead("a record");
        }

        frame.Set(
            FrameKind.Frame,
            _link,
            Buffer.Slice(PcapFormat.RecordHeaderLength, (int)captured),
            (int)Math.Clamp(original, captured, int.MaxValue),
            (_seconds * 1_000_000_000L) + ((long)fraction * _fractionToNanoseconds));
        Buffer.Advance(length);
        return true;
    }

    /// <inheritdoc/>
    protected override int Shortest => PcapFormat.RecordHeaderLength;

    /// <inheritdoc/>
    protected override long LengthAt(ReadOnlySpan<byte> bytes)
    {
        long length = ReadUInt32(bytes[8..]);
        bool isRecord = length is > 0 and <= PcapFormat.LargestRecord
            && ReadUInt32(bytes[12..]) - length is >= 0 and <= PcapFormat.LargestRecord
            && ReadUInt32(bytes[4..]) < 1_000_000_000 / (uint)_fractionToNanoseconds
            && Math.Abs((long)ReadUInt32(bytes) - _seconds) <= LongestCapture;
        return isRecord ? PcapFormat.RecordHeaderLength + length : 0;
    }

    private uint ReadUInt32(ReadOnlySpan<byte> bytes) =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
