using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>A decision as a program reports it, 64 bytes in the ring buffer.</summary>
/// <param name="Epoch">The epoch of the data that it was made with.</param>
/// <param name="Rule">The rule that matched; -1 for otherwise, -2 for a protocol that is not covered, -3 for a packet that could not be read.</param>
/// <param name="Verdict">What happened.</param>
/// <param name="Slot">The slot; -1 without one.</param>
/// <param name="Time">CLOCK_MONOTONIC in nanoseconds.</param>
/// <param name="Flow">The five-tuple; without addresses and ports where those were not read.</param>
/// <param name="Length">Bytes of transport header and payload, of a train those of all its datagrams; 0 for a connection whose listener stopped.</param>
/// <param name="Error">What helper 82 last answered when a seat could not be selected; <see cref="Errno.None"/> when every try was a hit.</param>
public readonly record struct DecisionSample(uint Epoch, int Rule, PolicyVerdict Verdict, int Slot, ulong Time, FlowKey Flow, uint Length = 0, Errno Error = Errno.None)
{
    /// <summary>Bytes of a sample.</summary>
    public const int Size = 64;

    /// <summary>Where the rule is: 8 bytes with slot, verdict and error, of two each.</summary>
    internal const short RuleAt = 4;

    internal const short SlotAt = 6;
    internal const short VerdictAt = 8;
    internal const short ErrorAt = 10;
    internal const short LengthAt = 12;
    internal const int FlowAt = 24;

    internal const int OfOtherwise = -1;
    internal const int OfNotCovered = -2;
    internal const int OfUnreadable = -3;

    /// <summary>Reads a sample.</summary>
    /// <param name="record">At least <see cref="Size"/> bytes.</param>
    public static DecisionSample Read(ReadOnlySpan<byte> record)
    {
        return new DecisionSample(
            BinaryPrimitives.ReadUInt32LittleEndian(record),
            BinaryPrimitives.ReadInt16LittleEndian(record[RuleAt..]),
            (PolicyVerdict)BinaryPrimitives.ReadInt16LittleEndian(record[VerdictAt..]),
            BinaryPrimitives.ReadInt16LittleEndian(record[SlotAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[16..]),
            FlowTableKey.Read(record[FlowAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[LengthAt..]),
            (Errno)(-BinaryPrimitives.ReadInt16LittleEndian(record[ErrorAt..])));
    }
}
