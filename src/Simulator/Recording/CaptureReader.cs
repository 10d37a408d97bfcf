using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>What all forms of captures share: frames are parsed and counted, fragments put together.</summary>
internal abstract class CaptureReader(string name, CaptureBuffer buffer) : ISegmentReader
{
    private const int FewestInARow = 2;
    private const int MostInARow = 8;

    private readonly TraceCounter _counter = new();
    private FragmentReassembler _reassembler = new();
    private bool _sawFragment;
    private bool _ended;
    private long _begin = buffer.Position;

    public TraceStatistics Statistics => _counter.ToStatistics();

    public double? Progress => Buffer.Progress;

    public Diagnostic? Failure { get; private set; }

    public virtual Diagnostic? FirstLoss => null;

    /// <summary>The first record at this place or after it is not read.</summary>
    public long Limit { get; set; } = long.MaxValue;

    /// <summary>Where the reading ended.</summary>
    public long End { get; private set; }

    protected string Name => name;

    protected CaptureBuffer Buffer => buffer;

    public bool TryRead(out Packet packet)
    {
        packet = default;
        return Read(new Span<Packet>(ref packet)) > 0;
    }

    public int Read(Span<Packet> packets)
    {
        int count = 0;
        CapturedFrame frame = default;
        bool isNextAtHand = false;
        bool isOverwritten = false;
        while (count < packets.Length && !_ended && (count == 0 || (!isOverwritten && isNextAtHand)))
        {
            if (!TryReadFrame(ref frame))
            {
                _ended = true;
                End = buffer.Position;
                break;
            }

            // Asked before this one is parsed: the processor fetches the next header meanwhile.
            isNextAtHand = IsNextAtHand;
            long index = _counter.Records;
            if (frame.Kind != FrameKind.Frame)
            {
                _counter.Count(frame.Kind);
                continue;
            }

            ref Packet packet = ref packets[count];
            ParseOutcome outcome = PacketParser.Parse(frame.Link, frame.Data, frame.SentLength, out packet);
            _sawFragment |= outcome == ParseOutcome.Fragment;
            if (outcome == ParseOutcome.Fragment && _reassembler.Add(frame, out Datagram datagram))
            {
                _counter.CountReassembled(datagram.Fragments - 1);
                outcome = PacketParser.Parse(LinkType.Raw, datagram.Data, datagram.SentLength, out packet);
                isOverwritten = true; // by the next that is put together
            }

            _counter.Count(outcome);
            if (outcome == ParseOutcome.Packet)
            {
                packet.Timestamp = frame.Timestamp;
                packet.Index = index;
                packet.Cpu = frame.Cpu;
                if (packet.IsCutShort)
                {
                    _counter.CountCutShort();
                }

                count++;
            }
        }

        return count;
    }

    /// <summary>Reads the first record, and what stands before it about the format; false when there is none.</summary>
    public bool TryReadFormat()
    {
        CapturedFrame frame = default;
        return !_ended && TryReadFrame(ref frame);
    }

    /// <summary>Another reader, at the buffer's position, that knows of the format what this one does by now.</summary>
    public virtual CaptureReader Fork(CaptureBuffer at) => throw new NotSupportedException("This form of captures is read from its beginning.");

    /// <summary>Goes on to a place from which on several records in a row look like those of this capture; false when there is none.</summary>
    public bool TryBegin()
    {
        buffer.Fill(CaptureBuffer.Capacity);
        ReadOnlySpan<byte> bytes = buffer.Available;
        for (int at = (int)(-buffer.Position & (Alignment - 1)); at <= bytes.Length - Shortest; at += Alignment)
        {
            if (MayBegin(bytes[at..]) && BeginsRecords(bytes[at..]))
            {
                buffer.Advance(at);
                _begin = buffer.Position;
                return true;
            }
        }

        return false;
    }

    public bool Follows(ISegmentReader? before) =>
        _ended && Failure is null && (before is null ? _begin == 0 : before is CaptureReader reader && IsAsAfter(reader));

    public void Join(ISegmentReader before)
    {
        CaptureReader reader = (CaptureReader)before;
        _counter.Add(reader._counter);
        if (!_sawFragment)
        {
            _reassembler = reader._reassembler;
        }
    }

    /// <summary>Whether what it began with is what another one ended with.</summary>
    protected virtual bool IsAsAfter(CaptureReader before) => before.End == _begin && !(_sawFragment && before._reassembler.HasPending);

    /// <summary>Whether the next record is beyond the <see cref="Limit"/>.</summary>
    protected bool IsAtLimit => buffer.Position >= Limit;

    /// <summary>Bytes of the shortest record.</summary>
    protected virtual int Shortest => 1;

    /// <summary>Records begin at multiples of it, a power of two.</summary>
    protected virtual int Alignment => 1;

    /// <summary>Whether the first of several records may look so.</summary>
    protected virtual bool MayBegin(ReadOnlySpan<byte> bytes) => true;

    /// <summary>The length of the record that seems to begin there, of which the end may not be at hand; 0 when none does.</summary>
    /// <param name="bytes">At least the <see cref="Shortest"/>.</param>
    protected virtual long LengthAt(ReadOnlySpan<byte> bytes) => 0;

    private bool BeginsRecords(ReadOnlySpan<byte> bytes)
    {
        int records = 0;
        for (; records < MostInARow && bytes.Length >= Shortest; records++)
        {
            long length = LengthAt(bytes);
            if (length == 0)
            {
                return false;
            }

            bytes = bytes[(int)Math.Min(bytes.Length, length)..];
        }

        return records >= FewestInARow;
    }

    public virtual void Dispose()
    {
        _ended = true;
        buffer.Dispose();
    }

    /// <summary>Whether the next record can be read without an end to what the records before it refer to.</summary>
    protected virtual bool IsNextAtHand => false;

    /// <summary>The next record, in the place of the one before; false at the end or at a <see cref="Failure"/>.</summary>
    protected abstract bool TryReadFrame(ref CapturedFrame frame);

    /// <summary>Ends the reading with a failure.</summary>
    /// <returns>False, for the caller to return.</returns>
    protected bool Fail(DiagnosticDefinition definition, long offset, string message, string? remedy = null)
    {
        Failure ??= definition.At(new SourceLocation(name, Offset: offset), message, remedy);
        _ended = true;
        return false;
    }

    /// <summary>Ends the reading where the capture ends inside something, or cannot be read on.</summary>
    /// <returns>False.</returns>
    protected bool FailToRead(string inside) => buffer.Error is string error
        ? Fail(TraceDiagnostics.Unreadable, buffer.Position + buffer.Available.Length, $"'{name}' cannot be read on: {error} {RecordsBefore()}.")
        : Fail(TraceDiagnostics.Truncated, buffer.Position, $"'{name}' ends inside {inside}; {RecordsBefore()}.");

    /// <summary>What of the capture stands, in words.</summary>
    protected string RecordsBefore() =>
        _counter.Records == 1 ? "the 1 record before it was read" : $"the {_counter.Records} records before it were read";
}
