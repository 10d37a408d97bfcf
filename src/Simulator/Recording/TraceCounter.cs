using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Counts records by what they turned out to be.</summary>
internal sealed class TraceCounter
{
    private readonly long[] _outcomes = new long[Enum.GetValues<ParseOutcome>().Length];
    private long _unknownLinkType;
    private long _reassembled;
    private long _cutShort;

    /// <summary>Records counted.</summary>
    public long Records { get; private set; }

    public void Count(ParseOutcome outcome)
    {
        Records++;
        _outcomes[(int)outcome]++;
    }

    /// <summary>Counts a record that is not parsed.</summary>
    public void Count(FrameKind kind)
    {
        if (kind == FrameKind.UnknownLinkType)
        {
            Records++;
            _unknownLinkType++;
        }
        else
        {
            Count(kind == FrameKind.NotReceived ? ParseOutcome.NotReceived : ParseOutcome.Malformed);
        }
    }

    /// <summary>That many fragments, counted before, are now part of a whole datagram.</summary>
    public void CountReassembled(int fragments)
    {
        _outcomes[(int)ParseOutcome.Fragment] -= fragments;
        _reassembled += fragments;
    }

    public void CountCutShort() => _cutShort++;

    /// <summary>Adds what another one counted.</summary>
    public void Add(TraceCounter other)
    {
        Records += other.Records;
        _unknownLinkType += other._unknownLinkType;
        _reassembled += other._reassembled;
        _cutShort += other._cutShort;
        for (int outcome = 0; outcome < _outcomes.Length; outcome++)
        {
            _outcomes[outcome] += other._outcomes[outcome];
        }
    }

    public TraceStatistics ToStatistics() => new(
        Records,
        _outcomes[(int)ParseOutcome.Packet],
        Filtered: 0,
        _outcomes[(int)ParseOutcome.OtherProtocol],
        _outcomes[(int)ParseOutcome.Fragment],
        _outcomes[(int)ParseOutcome.NotReceived],
        _outcomes[(int)ParseOutcome.Malformed],
        _cutShort)
    {
        Reassembled = _reassembled,
        UnknownLinkType = _unknownLinkType,
    };
}
