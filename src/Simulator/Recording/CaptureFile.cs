using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>
/// A capture file: pcap with microseconds or nanoseconds, pcapng, both of either byte order and every <see cref="LinkType"/>, or a table of packets
/// (<see cref="CsvColumn"/>). Its first bytes say which. It is streamed through one buffer of 1 MiB whatever its size. What cannot be read is the reader's
/// <see cref="IPacketReader.Failure"/>, known from the moment of <see cref="Open()"/> when the file cannot be opened or is none of these; nothing is thrown.
/// </summary>
public sealed class CaptureFile : ISegmentedSource
{
    private readonly Func<ICaptureInput> _open;

    /// <summary>The file at a path. It is opened at each <see cref="Open()"/>.</summary>
    public CaptureFile(string path)
        : this(Path.GetFileName(path), () => new FileInput(path))
    {
    }

    /// <summary>A capture of any origin.</summary>
    internal CaptureFile(string description, Func<ICaptureInput> open)
    {
        Description = description;
        _open = open;
    }

    /// <summary>The name of the file, without its folder.</summary>
    public string Description { get; }

    /// <summary>Bytes that are worth a segment of their own.</summary>
    internal long ShortestSegment { get; init; } = CaptureBuffer.Capacity;

    /// <summary>A capture that is in memory.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="bytes">The whole file. It must not change while it is read.</param>
    public static CaptureFile FromBytes(string name, ReadOnlyMemory<byte> bytes) => new(name, () => new MemoryInput(bytes));

    /// <inheritdoc/>
    public IPacketReader Open() => Open(CancellationToken.None);

    /// <inheritdoc/>
    public IPacketReader Open(CancellationToken cancellationToken)
    {
        ICaptureInput input;
        try
        {
            input = _open();
        }
        catch (NotSupportedException)
        {
            return Refuse(TraceDiagnostics.Unreadable, $"'{Description}' is a pipe, and a trace is read more than once.", "Save the capture to a file first.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Refuse(TraceDiagnostics.Unreadable, $"'{Description}' cannot be opened: {exception.Message}");
        }

        CaptureBuffer buffer = new(input, cancellationToken);
        if (Recognize(buffer) is CaptureReader reader)
        {
            return reader;
        }

        FailedReader refusal = DescribeOther(buffer);
        buffer.Dispose();
        return refusal;
    }

    /// <summary>Divides a pcap or pcapng file. A table is not divided: its losses are told by the number of their line.</summary>
    ITraceSegments? ISegmentedSource.Divide(int count)
    {
        ICaptureInput? input = null;
        CaptureReader? pattern = null;
        CaptureSegments? segments = null;
        try
        {
            input = _open();
            if (input.Length >= (long)count * ShortestSegment)
            {
                pattern = Recognize(new CaptureBuffer(new BorrowedInput(input), CancellationToken.None));
                segments = pattern is PcapReader or PcapngReader && pattern.TryReadFormat() ? new CaptureSegments(input, buffer => Recognize(buffer)!, pattern, count) : null;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Reading the whole of it will say what is wrong.
        }
        finally
        {
            if (segments is null)
            {
                pattern?.Dispose();
                input?.Dispose();
            }
        }

        return segments;
    }

    private CaptureReader? Recognize(CaptureBuffer buffer)
    {
        if (buffer.Fill(4))
        {
            uint magic = BinaryPrimitives.ReadUInt32LittleEndian(buffer.Available);
            foreach (uint order in (ReadOnlySpan<uint>)[magic, BinaryPrimitives.ReverseEndianness(magic)])
            {
                switch (order)
                {
                    case PcapFormat.MagicMicroseconds or PcapFormat.MagicNanoseconds:
                        return new PcapReader(Description, buffer);
                    case PcapngFormat.SectionHeader:
                        return new PcapngReader(Description, buffer);
                }
            }
        }

        return CsvReader.LooksLikeText(buffer) ? new CsvReader(Description, buffer) : null;
    }

    /// <summary>What a file is that is none of ours.</summary>
    private FailedReader DescribeOther(CaptureBuffer buffer)
    {
        ReadOnlySpan<byte> bytes = buffer.Available;
        if (buffer.Error is string error)
        {
            return Refuse(TraceDiagnostics.Unreadable, $"'{Description}' cannot be read: {error}");
        }

        if (bytes.Length < 4)
        {
            return Refuse(TraceDiagnostics.NotPcap, bytes.IsEmpty ? $"'{Description}' is empty." : $"'{Description}' has {bytes.Length} bytes, too few for a capture.");
        }

        uint magic = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return magic == PcapFormat.MagicModified || BinaryPrimitives.ReverseEndianness(magic) == PcapFormat.MagicModified
                ? Refuse(TraceDiagnostics.NotSupportedYet, $"'{Description}' is a pcap file of a modified libpcap, which is not supported yet.")
            : magic >> 16 == PcapFormat.MagicGzip
                ? Refuse(TraceDiagnostics.NotSupportedYet, $"'{Description}' is compressed with gzip, which is not supported yet.", "Decompress it with: gunzip FILE")
            : Refuse(TraceDiagnostics.NotPcap, $"'{Description}' is not a capture: it begins with the bytes {Convert.ToHexStringLower(bytes[..4])}.");
    }

    private FailedReader Refuse(DiagnosticDefinition definition, string message, string? remedy = null) =>
        new(definition.At(new SourceLocation(Description, Offset: 0), message, remedy));
}
