using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>What all forms of captures share: frames are parsed and counted, fragments put together.</summary>
internal abstract class CaptureReader(string name, CaptureBuffer buffer) : IPacketReader
{
    private readonly TraceCounter _counter = new();
    private readonly FragmentReassembler _reassembler = new();
    private bool _ended;

    public TraceStatistics Statistics => _counter.ToStatistics();

    public double? Progress => Buffer.Progress;

    public Diagnostic? Failure { get; private set; }

    public virtual Diagnostic? FirstLoss => null;

    protected string Name => name;

    protected CaptureBuffer Buffer => buffer;

    public bool TryRead(out Packet packet)
    {
        while (!_ended && TryReadFrame(out CapturedFrame frame))
        {
            long index = _counter.Records;
            if (frame.Kind != FrameKind.Frame)
            {
                _counter.Count(frame.Kind);
                continue;
            }

            ParseOutcome outcome = PacketParser.Parse(frame.Link, frame.Data.Span, frame.SentLength, out PacketHeaders headers);
            ReadOnlyMemory<byte> data = frame.Data;
            if (outcome == ParseOutcome.Fragment && _reassembler.Add(frame, out Datagram datagram))
            {
                _counter.CountReassembled(datagram.Fragments - 1);
                data = datagram.Data;
                outcome = PacketParser.Parse(LinkType.Raw, data.Span, datagram.SentLength, out headers);
            }

            _counter.Count(outcome);
            if (outcome == ParseOutcome.Packet)
            {
                packet = headers.ToPacket(data, frame.Timestamp, index, frame.Cpu);
                if (packet.IsCutShort)
                {
                    _counter.CountCutShort();
                }

                return true;
            }
        }

        _ended = true;
        packet = default;
        return false;
    }

    public virtual void Dispose()
    {
        _ended = true;
        buffer.Dispose();
    }

    /// <summary>The next record; false at the end or at a <see cref="Failure"/>.</summary>
    protected abstract bool TryReadFrame(out CapturedFrame frame);

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
