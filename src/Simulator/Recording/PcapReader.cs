using System.Buffers;
using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Streams one pcap file.</summary>
internal sealed class PcapReader : IPacketReader
{
    /// <summary>Several of the largest records. Larger buffers leave the processor's cache, smaller ones cost more system calls; mapping the file is slower than both.</summary>
    private const int BufferLength = 1 << 20;

    private readonly string _name;
    private readonly ICaptureInput? _input;
    private readonly TraceCounter _counter = new();
    private readonly bool _bigEndian;
    private readonly int _fractionToNanoseconds;
    private readonly LinkType _link;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private long _bufferOffset;
    private bool _ended;

    /// <summary>A file that could not be opened.</summary>
    public PcapReader(string name, Diagnostic failure)
    {
        _name = name;
        Failure = failure;
    }

    public PcapReader(string name, ICaptureInput input)
    {
        _name = name;
        _input = input;
        _buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        if (!Fill(PcapFormat.FileHeaderLength))
        {
            Failure ??= DescribeShortFile();
            return;
        }

        ReadOnlySpan<byte> header = _buffer.AsSpan(0, PcapFormat.FileHeaderLength);
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        _bigEndian = magic is not (PcapFormat.MagicMicroseconds or PcapFormat.MagicNanoseconds);
        switch (_bigEndian ? BinaryPrimitives.ReverseEndianness(magic) : magic)
        {
            case PcapFormat.MagicMicroseconds:
                _fractionToNanoseconds = 1000;
                break;
            case PcapFormat.MagicNanoseconds:
                _fractionToNanoseconds = 1;
                break;
            default:
                Failure = DescribeMagic(header);
                return;
        }

        (int major, int minor) = (ReadUInt16(4), ReadUInt16(6));
        if ((major, minor) != (2, 4))
        {
            Failure = TraceDiagnostics.NotSupportedYet.At(At(4), $"'{_name}' is of pcap version {major}.{minor}; only 2.4 is read.");
            return;
        }

        // The upper bits of the field say whether frames end with a check sequence; the length of the IP header leaves it out anyway.
        _link = (LinkType)(ReadUInt32(20) & 0x03FF_FFFF);
        if (!PacketParser.IsSupported(_link))
        {
            Failure = TraceDiagnostics.UnknownLinkType.At(
                At(20), $"'{_name}' holds frames of link type {(int)_link}, which is not known here; no packet was read.");
            return;
        }

        _start = PcapFormat.FileHeaderLength;
    }

    public TraceStatistics Statistics => _counter.ToStatistics();

    public double? Progress => _input?.Length is long length ? Math.Min(1, (double)Position / Math.Max(1, length)) : null;

    public Diagnostic? Failure { get; private set; }

    private long Position => _bufferOffset + _start;

    public bool TryRead(out Packet packet)
    {
        while (TryReadRecord(out ReadOnlyMemory<byte> frame, out int sentLength, out long timestamp))
        {
            long index = _counter.Records;
            ParseOutcome outcome = PacketParser.Parse(_link, frame.Span, sentLength, out PacketHeaders headers);
            _counter.Count(outcome);
            if (outcome == ParseOutcome.Packet)
            {
                packet = headers.ToPacket(frame, timestamp, index);
                if (packet.IsCutShort)
                {
                    _counter.CountCutShort();
                }

                return true;
            }
        }

        packet = default;
        return false;
    }

    public void Dispose()
    {
        _ended = true;
        _input?.Dispose();
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private bool TryReadRecord(out ReadOnlyMemory<byte> frame, out int sentLength, out long timestamp)
    {
        frame = default;
        sentLength = 0;
        timestamp = 0;
        if (_ended || Failure is not null)
        {
            return false;
        }

        if (!Fill(PcapFormat.RecordHeaderLength))
        {
            return End(_end == _start ? null : "a record header");
        }

        uint seconds = ReadUInt32(_start);
        uint fraction = ReadUInt32(_start + 4);
        uint captured = ReadUInt32(_start + 8);
        uint original = ReadUInt32(_start + 12);
        if (captured > PcapFormat.LargestRecord)
        {
            Failure = TraceDiagnostics.AbsurdLength.At(
                At(Position), $"'{_name}' is damaged: a record claims {captured} bytes; {RecordsBefore()}.");
            return false;
        }

        if (!Fill(PcapFormat.RecordHeaderLength + (int)captured))
        {
            return End("a record");
        }

        frame = _buffer.AsMemory(_start + PcapFormat.RecordHeaderLength, (int)captured);
        sentLength = (int)Math.Clamp(original, captured, int.MaxValue);
        timestamp = (seconds * 1_000_000_000L) + ((long)fraction * _fractionToNanoseconds);
        _start += PcapFormat.RecordHeaderLength + (int)captured;
        return true;
    }

    private bool End(string? inside)
    {
        _ended = true;
        if (inside is not null)
        {
            Failure ??= TraceDiagnostics.Truncated.At(At(Position), $"'{_name}' ends inside {inside}; {RecordsBefore()}.");
        }

        return false;
    }

    /// <summary>Makes that many bytes available from <see cref="_start"/>; false at the end of the file.</summary>
    private bool Fill(int count)
    {
        if (_end - _start >= count)
        {
            return true;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _bufferOffset += _start;
        _end -= _start;
        _start = 0;
        try
        {
            while (_end < count)
            {
                int read = _input!.Read(_buffer.AsSpan(_end, BufferLength - _end), _bufferOffset + _end);
                if (read == 0)
                {
                    return false;
                }

                _end += read;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Failure = TraceDiagnostics.Unreadable.At(
                At(_bufferOffset + _end), $"'{_name}' cannot be read on: {exception.Message} {RecordsBefore()}.");
            return false;
        }

        return true;
    }

    private SourceLocation At(long offset) => new(_name, Offset: offset);

    private string RecordsBefore() => _counter.Records == 1 ? "the 1 record before it was read" : $"the {_counter.Records} records before it were read";

    private Diagnostic DescribeShortFile() => _end == 0
        ? TraceDiagnostics.NotPcap.At(At(0), $"'{_name}' is empty.")
        : _end >= 4 && DescribeMagic(_buffer.AsSpan(0, _end)) is { } other ? other
        : TraceDiagnostics.NotPcap.At(
            At(0), $"'{_name}' has {_end} bytes, and the header of a pcap file alone has {PcapFormat.FileHeaderLength}.");

    /// <summary>What a file is that does not begin like a pcap file; null when it does.</summary>
    private Diagnostic? DescribeMagic(ReadOnlySpan<byte> header)
    {
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        uint swapped = BinaryPrimitives.ReverseEndianness(magic);
        if (magic is PcapFormat.MagicMicroseconds or PcapFormat.MagicNanoseconds || swapped is PcapFormat.MagicMicroseconds or PcapFormat.MagicNanoseconds)
        {
            return null;
        }

        if (magic == PcapFormat.MagicPcapng)
        {
            return TraceDiagnostics.NotSupportedYet.At(At(0), $"'{_name}' is a pcapng file, which is not supported yet.");
        }

        if (magic == PcapFormat.MagicModified || swapped == PcapFormat.MagicModified)
        {
            return TraceDiagnostics.NotSupportedYet.At(At(0), $"'{_name}' is a pcap file of a modified libpcap, which is not supported yet.");
        }

        return magic >> 16 == PcapFormat.MagicGzip
            ? TraceDiagnostics.NotSupportedYet.At(At(0), $"'{_name}' is compressed with gzip, which is not supported yet.", "Decompress it with: gunzip FILE")
            : TraceDiagnostics.NotPcap.At(At(0), $"'{_name}' is not a pcap file: it begins with the bytes {Convert.ToHexStringLower(header[..4])}.");
    }

    private uint ReadUInt32(int at) => _bigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(at))
        : BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(at));

    private ushort ReadUInt16(int at) => _bigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(at))
        : BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(at));
}
