using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>
/// Streams one pcapng file: any number of sections, of either byte order, and of interfaces; enhanced, simple and obsolete packet blocks. Other blocks are skipped.
/// </summary>
internal sealed class PcapngReader(string name, CaptureBuffer buffer) : CaptureReader(name, buffer)
{
    private const uint Outbound = 2;

    private readonly List<PcapngInterface> _interfaces = [];
    private bool _bigEndian;
    private long _lastTime;
    private long _timeBefore;
    private bool _hasTime;

    /// <summary>Whether it gave a packet the time of one that stands before all that it read.</summary>
    private bool _borrowedTime;

    /// <summary>Sections and interfaces described so far, and when it began.</summary>
    private int _descriptions;
    private int _descriptionsBefore;

    public override CaptureReader Fork(CaptureBuffer at)
    {
        PcapngReader fork = new(Name, at)
        {
            _bigEndian = _bigEndian,
            _descriptions = _descriptions,
            _descriptionsBefore = _descriptions,
            _lastTime = _lastTime,
            _timeBefore = _lastTime,
        };
        fork._interfaces.AddRange(_interfaces);
        return fork;
    }

    /// <inheritdoc/>
    protected override bool IsNextAtHand => Buffer.Available is { Length: >= PcapngFormat.SmallestBlock } header
        && IsPacket(ReadUInt32(header))
        && ReadUInt32(header[4..]) <= header.Length;

    /// <inheritdoc/>
    protected override bool TryReadFrame(ref CapturedFrame frame)
    {
        frame = default;
        while (true)
        {
            if (IsAtLimit)
            {
                return false;
            }

            if (!Buffer.Fill(PcapngFormat.SmallestBlock))
            {
                return (Buffer.Available.Length > 0 || Buffer.Error is not null) && FailToRead("a block header");
            }

            ReadOnlySpan<byte> header = Buffer.Available;
            uint type = ReadUInt32(header);
            if (type == PcapngFormat.SectionHeader && !TryReadByteOrder(header[8..]))
            {
                return false;
            }

            uint length = ReadUInt32(header[4..]);
            if (length < PcapngFormat.SmallestBlock || length % 4 != 0)
            {
                return FailBlock($"a block claims {length} bytes");
            }

            bool isRead = type is PcapngFormat.SectionHeader or PcapngFormat.InterfaceDescription
                || IsPacket(type);
            if (!isRead)
            {
                if (!Buffer.Skip(length))
                {
                    return FailToRead("a block");
                }

                continue;
            }

            if (length > PcapngFormat.LargestBlock)
            {
                return FailBlock($"a block of type {type} claims {length} bytes");
            }

            if (!Buffer.Fill((int)length))
            {
                return FailToRead("a block");
            }

            ReadOnlySpan<byte> block = Buffer.Available[..(int)length];
            uint trailer = ReadUInt32(block[^4..]);
            if (trailer != length)
            {
                return FailBlock($"a block of {length} bytes ends with the length {trailer}");
            }

            if (type is PcapngFormat.SectionHeader or PcapngFormat.InterfaceDescription)
            {
                _descriptions++;
            }

            if (type == PcapngFormat.SectionHeader)
            {
                if (!TryReadSection(block))
                {
                    return false;
                }
            }
            else if (type == PcapngFormat.InterfaceDescription)
            {
                AddInterface(block[8..^4]);
            }
            else
            {
                frame = ReadPacket(type, block[8..^4]);
                Buffer.Advance((int)length);
                return true;
            }

            Buffer.Advance((int)length);
        }
    }

    protected override bool IsAsAfter(CaptureReader before) => base.IsAsAfter(before)
        && before is PcapngReader reader
        && reader._descriptions == _descriptionsBefore
        && (!_borrowedTime || reader._lastTime == _timeBefore);

    /// <inheritdoc/>
    protected override int Shortest => PcapngFormat.SmallestBlock;

    /// <inheritdoc/>
    protected override int Alignment => 4;

    /// <inheritdoc/>
    protected override bool MayBegin(ReadOnlySpan<byte> bytes) => ReadUInt32(bytes) is >= 1 and <= PcapngFormat.HighestType;

    /// <inheritdoc/>
    protected override long LengthAt(ReadOnlySpan<byte> bytes)
    {
        uint length = ReadUInt32(bytes[4..]);
        return length < PcapngFormat.SmallestBlock || length % 4 != 0 || (length <= bytes.Length && ReadUInt32(bytes[(int)(length - 4)..]) != length) ? 0 : length;
    }

    private static bool IsPacket(uint type) => type is PcapngFormat.ObsoletePacket or PcapngFormat.SimplePacket or PcapngFormat.EnhancedPacket;

    private bool TryReadByteOrder(ReadOnlySpan<byte> bytes)
    {
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        _bigEndian = magic != PcapngFormat.ByteOrderMagic;
        return !_bigEndian || BinaryPrimitives.ReverseEndianness(magic) == PcapngFormat.ByteOrderMagic
            || FailBlock($"a section has the byte-order mark {Convert.ToHexStringLower(bytes[..4])}");
    }

    private bool TryReadSection(ReadOnlySpan<byte> block)
    {
        _interfaces.Clear();
        if (block.Length < 28)
        {
            return FailBlock($"the header of a section has {block.Length} bytes");
        }

        int major = ReadUInt16(block[12..]);
        return major == 1 || Fail(
            TraceDiagnostics.NotSupportedYet,
            Buffer.Position + 12,
            $"'{Name}' is of pcapng version {major}.{ReadUInt16(block[14..])}; only 1.0 is read. {RecordsBefore()}.");
    }

    private void AddInterface(ReadOnlySpan<byte> body)
    {
        byte resolution = PcapngInterface.Microseconds;
        long offset = 0;
        if (_interfaces.Count == PcapngFormat.MostInterfaces)
        {
            return;
        }

        // One too short to say its link type still takes its number.
        if (body.Length < 8)
        {
            _interfaces.Add(new PcapngInterface((LinkType)(-1), 0, resolution, offset));
            return;
        }

        ReadOnlySpan<byte> options = body[8..];
        while (TryReadOption(ref options, out int code, out ReadOnlySpan<byte> value))
        {
            if (code == PcapngFormat.OptionTimeResolution && value.Length >= 1)
            {
                resolution = value[0];
            }
            else if (code == PcapngFormat.OptionTimeOffset && value.Length >= 8)
            {
                offset = _bigEndian ? BinaryPrimitives.ReadInt64BigEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value);
            }
        }

        _interfaces.Add(new PcapngInterface((LinkType)ReadUInt16(body), ReadUInt32(body[4..]), resolution, offset));
    }

    private CapturedFrame ReadPacket(uint type, ReadOnlySpan<byte> body)
    {
        // Where the data begins in the block's body.
        int dataAt = type == PcapngFormat.SimplePacket ? 4 : 20;
        uint interfaceId = body.Length < dataAt ? uint.MaxValue : type switch
        {
            PcapngFormat.SimplePacket => 0,
            PcapngFormat.ObsoletePacket => ReadUInt16(body),
            _ => ReadUInt32(body),
        };
        if (interfaceId >= _interfaces.Count)
        {
            return new CapturedFrame(FrameKind.Malformed, default, default, 0, _lastTime);
        }

        PcapngInterface source = _interfaces[(int)interfaceId];
        uint captured;
        uint original;
        if (type == PcapngFormat.SimplePacket)
        {
            // It has no time: that of the packet before is the nearest to be had.
            _borrowedTime |= !_hasTime;
            original = ReadUInt32(body);
            captured = Math.Min(original, (uint)(body.Length - dataAt));
            captured = source.SnapLength == 0 ? captured : Math.Min(captured, source.SnapLength);
        }
        else
        {
            _hasTime = true;
            _lastTime = source.ToNanoseconds(((ulong)ReadUInt32(body[4..]) << 32) | ReadUInt32(body[8..]));
            captured = ReadUInt32(body[12..]);
            original = ReadUInt32(body[16..]);
        }

        if (captured > Math.Min((uint)(body.Length - dataAt), PcapFormat.LargestRecord))
        {
            return new CapturedFrame(FrameKind.Malformed, default, default, 0, _lastTime);
        }

        FrameKind kind = !PacketParser.IsSupported(source.Link) ? FrameKind.UnknownLinkType
            : type != PcapngFormat.SimplePacket && IsOutbound(body[(dataAt + (((int)captured + 3) & ~3))..]) ? FrameKind.NotReceived
            : FrameKind.Frame;
        return new CapturedFrame(
            kind, source.Link, Buffer.Slice(8 + dataAt, (int)captured), (int)Math.Clamp(original, captured, int.MaxValue), _lastTime);
    }

    private bool IsOutbound(ReadOnlySpan<byte> options)
    {
        while (TryReadOption(ref options, out int code, out ReadOnlySpan<byte> value))
        {
            if (code == PcapngFormat.OptionFlags && value.Length >= 4)
            {
                return (ReadUInt32(value) & 3) == Outbound;
            }
        }

        return false;
    }

    /// <summary>Takes one option off the front; false at the end of options, or where they are damaged.</summary>
    private bool TryReadOption(ref ReadOnlySpan<byte> options, out int code, out ReadOnlySpan<byte> value)
    {
        code = 0;
        value = default;
        if (options.Length < 4)
        {
            return false;
        }

        code = ReadUInt16(options);
        int length = ReadUInt16(options[2..]);
        int padded = 4 + ((length + 3) & ~3);
        if (code == 0 || 4 + length > options.Length)
        {
            return false;
        }

        value = options.Slice(4, length);
        options = options[Math.Min(padded, options.Length)..];
        return true;
    }

    private bool FailBlock(string what) =>
        Fail(TraceDiagnostics.AbsurdLength, Buffer.Position, $"'{Name}' is damaged: {what}; {RecordsBefore()}.");

    private uint ReadUInt32(ReadOnlySpan<byte> bytes) =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private ushort ReadUInt16(ReadOnlySpan<byte> bytes) =>
        _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
