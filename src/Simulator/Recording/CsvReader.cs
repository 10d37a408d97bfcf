using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Streams a table of packets (<see cref="CsvColumn"/>), and builds each as it may have been sent. A row that is none is counted as malformed.</summary>
internal sealed class CsvReader : CaptureReader
{
    /// <summary>Longest line that is read: twice the longest payload in hexadecimal. A longer one is malformed, and passed over piece by piece.</summary>
    private const int LongestLine = 4 * GeneratedTraceOptions.LargestPayload;

    private const byte Syn = 0x02;
    private const string FlagLetters = "FSRPAUEC";
    private const long LatestTime = long.MaxValue / 2;

    private readonly PacketBuilder _builder = new(GeneratedTraceOptions.LargestPayload);
    private char[] _line = ArrayPool<char>.Shared.Rent(LongestLine);
    private readonly CsvHeader? _header;
    private long _lineNumber;
    private Diagnostic? _firstLoss;

    /// <summary>Reads the first line.</summary>
    public CsvReader(string name, CaptureBuffer buffer)
        : base(name, buffer)
    {
        string problem = "is empty";
        if (!TryReadLine(out ReadOnlySpan<char> line, out bool isTooLong) || isTooLong || (_header = CsvHeader.Parse(line, out problem)) is null)
        {
            Fail(TraceDiagnostics.NotATable, 0, $"'{name}' is not a capture, and not a table of packets: its first line {problem}.");
        }
    }

    /// <inheritdoc/>
    public override Diagnostic? FirstLoss => _firstLoss;

    /// <summary>Whether a file begins with text: only characters that print, up to the end of the first line.</summary>
    public static bool LooksLikeText(CaptureBuffer buffer)
    {
        const int Enough = 256;
        _ = buffer.Fill(Enough);
        ReadOnlySpan<byte> bytes = buffer.Available[..Math.Min(Enough, buffer.Available.Length)];
        int end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
        bytes = end < 0 ? bytes : bytes[..end];
        return bytes.Length > 0 && !bytes.ContainsAnyInRange((byte)0, (byte)8) && !bytes.ContainsAnyInRange((byte)10, (byte)31) && bytes[0] is not (0xD4 or 0xA1 or 0x4D);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        if (_line.Length > 0)
        {
            ArrayPool<char>.Shared.Return(_line);
            _line = [];
        }
    }

    /// <inheritdoc/>
    protected override bool TryReadFrame(ref CapturedFrame frame)
    {
        while (true)
        {
            frame = default;
            if (_header is null || !TryReadLine(out ReadOnlySpan<char> line, out bool isTooLong))
            {
                return Buffer.Error is not null && FailToRead("a row");
            }

            if (line.IsWhiteSpace() && !isTooLong)
            {
                continue;
            }

            string? problem = isTooLong ? $"it is longer than {LongestLine} bytes" : Read(line, out frame);
            if (problem is not null)
            {
                frame = new CapturedFrame(FrameKind.Malformed, default, default, 0, 0);
                _firstLoss ??= TraceDiagnostics.BadRow.At(
                    new SourceLocation(Name, (int)Math.Min(_lineNumber, int.MaxValue)), $"Line {_lineNumber} of '{Name}' is no packet: {problem}.");
            }

            return true;
        }
    }

    /// <summary>Builds the packet of a row; or says what is wrong with it.</summary>
    private string? Read(ReadOnlySpan<char> line, out CapturedFrame frame)
    {
        frame = default;
        TransportProtocol protocol = default;
        IPAddress? source = null;
        IPAddress? destination = null;
        ushort sourcePort = 0;
        ushort destinationPort = 0;
        long time = 0;
        byte flags = Syn;
        int length = -1;
        int payloadLength = 0;
        int cpu = -1;
        int missing = (1 << ((int)CsvColumn.DestinationPort + 1)) - 1;
        CsvFields fields = new(line, _header!.Separator);
        for (int index = 0; fields.TryNext(out ReadOnlySpan<char> field); index++)
        {
            if (_header[index] is not CsvColumn column || (field.IsEmpty && column > CsvColumn.DestinationPort))
            {
                continue;
            }

            missing &= ~(1 << (int)column);
            bool isGood = column switch
            {
                CsvColumn.Protocol => TryProtocol(field, out protocol),
                CsvColumn.Source => TryAddress(field, out source),
                CsvColumn.SourcePort => ushort.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out sourcePort),
                CsvColumn.Destination => TryAddress(field, out destination),
                CsvColumn.DestinationPort => ushort.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out destinationPort),
                CsvColumn.Time => TryTime(field, out time),
                CsvColumn.Flags => TryFlags(field, out flags),
                CsvColumn.Length => int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= GeneratedTraceOptions.LargestPayload,
                CsvColumn.Payload => TryPayload(field, out payloadLength),
                _ => int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out cpu) && cpu < 4096,
            };
            if (!isGood)
            {
                return $"'{Shorten(field)}' is no {CsvHeader.NameOf(column)}";
            }
        }

        if (missing != 0)
        {
            return $"it has no {CsvHeader.NameOf((CsvColumn)System.Numerics.BitOperations.TrailingZeroCount(missing))}";
        }

        if (source!.AddressFamily != destination!.AddressFamily)
        {
            return $"{source} and {destination} are of different families";
        }

        if (length < payloadLength)
        {
            if (length >= 0)
            {
                return $"its payload has {payloadLength} bytes, more than the length {length}";
            }

            length = payloadLength;
        }

        FlowKey flow = new(
            source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6,
            protocol, FlowKey.ToNumber(source), FlowKey.ToNumber(destination), sourcePort, destinationPort);
        Span<byte> payload = _builder.Payload[..length];
        payload[payloadLength..].Clear();
        int total = protocol == TransportProtocol.Udp ? _builder.WriteUdp(flow, 0, payload) : _builder.WriteTcp(flow, 0, flags, 0, payload);
        frame = new CapturedFrame(FrameKind.Frame, LinkType.Raw, _builder.Memory[..(total - length + payloadLength)], total, time, cpu);
        return null;
    }

    private static bool TryProtocol(ReadOnlySpan<char> field, out TransportProtocol protocol)
    {
        protocol = field.Equals("tcp", StringComparison.OrdinalIgnoreCase) || field is "6" ? TransportProtocol.Tcp
            : field.Equals("udp", StringComparison.OrdinalIgnoreCase) || field is "17" ? TransportProtocol.Udp
            : default;
        return protocol != default;
    }

    // IPAddress takes "1" for 0.0.0.1; a table that says so has lost something.
    private static bool TryAddress(ReadOnlySpan<char> field, out IPAddress? address) =>
        IPAddress.TryParse(field, out address) && (field.Contains(':') ? !field.Contains('%') && !field.Contains('[') : field.Count('.') == 3);

    private static bool TryTime(ReadOnlySpan<char> field, out long nanoseconds)
    {
        if (decimal.TryParse(field, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds))
        {
            nanoseconds = seconds <= LatestTime / 1_000_000_000 ? (long)(seconds * 1_000_000_000) : -1;
            return nanoseconds >= 0;
        }

        bool isTime = DateTimeOffset.TryParse(
            field, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out DateTimeOffset time);
        long ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        nanoseconds = ticks * 100;
        return isTime && ticks is >= 0 and <= LatestTime / 100;
    }

    private static bool TryFlags(ReadOnlySpan<char> field, out byte flags)
    {
        flags = 0;
        if (field.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return byte.TryParse(field[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out flags);
        }

        foreach (char letter in field)
        {
            int bit = FlagLetters.IndexOf(char.ToUpperInvariant(letter), StringComparison.Ordinal);
            if (bit < 0)
            {
                return byte.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out flags);
            }

            flags |= (byte)(1 << bit);
        }

        return true;
    }

    private bool TryPayload(ReadOnlySpan<char> field, out int length)
    {
        length = 0;
        return field.Length / 2 <= _builder.Payload.Length
            && Convert.FromHexString(field, _builder.Payload, out _, out length) == OperationStatus.Done;
    }

    private static string Shorten(ReadOnlySpan<char> field) => field.Length > 40 ? $"{field[..40]}…" : field.ToString();

    /// <summary>The next line without its end; false at the end of the file.</summary>
    private bool TryReadLine(out ReadOnlySpan<char> line, out bool isTooLong)
    {
        isTooLong = false;
        _lineNumber++;
        while (true)
        {
            int end = Buffer.Available.IndexOf((byte)'\n');
            if (end < 0 && Buffer.Available.Length <= LongestLine && Buffer.Fill(Buffer.Available.Length + 1))
            {
                continue;
            }

            if (end < 0 && Buffer.Available.Length > LongestLine)
            {
                isTooLong = true;
                Buffer.Advance(Buffer.Available.Length);
                if (Buffer.Fill(1))
                {
                    continue;
                }
            }

            ReadOnlySpan<byte> bytes = end < 0 ? Buffer.Available : Buffer.Available[..end];
            bool isThere = end >= 0 || bytes.Length > 0 || isTooLong;
            isTooLong |= bytes.Length > LongestLine;
            ReadOnlySpan<byte> text = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
            line = isTooLong ? default : _line.AsSpan(0, Encoding.UTF8.GetChars(text, _line)).TrimEnd('\r');
            Buffer.Advance(end < 0 ? bytes.Length : end + 1);
            return isThere;
        }
    }
}
