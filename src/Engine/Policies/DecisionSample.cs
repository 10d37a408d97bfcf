using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>A decision as a program reports it, 64 bytes in the ring buffer.</summary>
/// <param name="Epoch">The epoch of the data that it was made with.</param>
/// <param name="Rule">The rule that matched; -1 for otherwise, -2 for a protocol that is not covered, -3 for a packet that could not be read.</param>
/// <param name="Verdict">What happened.</param>
/// <param name="Slot">The slot; -1 without one.</param>
/// <param name="Time">CLOCK_MONOTONIC in nanoseconds.</param>
/// <param name="Flow">The five-tuple; without addresses and ports where those were not read.</param>
public readonly record struct DecisionSample(uint Epoch, int Rule, PolicyVerdict Verdict, int Slot, ulong Time, FlowKey Flow)
{
    /// <summary>Bytes of a sample.</summary>
    public const int Size = 64;

    internal const int OfOtherwise = -1;
    internal const int OfNotCovered = -2;
    internal const int OfUnreadable = -3;

    /// <summary>Reads a sample.</summary>
    /// <param name="record">At least <see cref="Size"/> bytes.</param>
    public static DecisionSample Read(ReadOnlySpan<byte> record)
    {
        int kind = BinaryPrimitives.ReadInt32LittleEndian(record[24..]);
        bool isIpv4 = kind >> 8 == 0x0008;
        ReadOnlySpan<byte> addresses = record[28..];
        return new DecisionSample(
            BinaryPrimitives.ReadUInt32LittleEndian(record),
            BinaryPrimitives.ReadInt32LittleEndian(record[4..]),
            (PolicyVerdict)BinaryPrimitives.ReadInt32LittleEndian(record[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(record[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[16..]),
            new FlowKey(
                isIpv4 ? IpFamily.V4 : IpFamily.V6,
                (TransportProtocol)(kind & 0xff),
                isIpv4 ? BinaryPrimitives.ReadUInt32BigEndian(addresses) : BinaryPrimitives.ReadUInt128BigEndian(addresses),
                isIpv4 ? BinaryPrimitives.ReadUInt32BigEndian(addresses[4..]) : BinaryPrimitives.ReadUInt128BigEndian(addresses[16..]),
                BinaryPrimitives.ReadUInt16BigEndian(addresses[32..]),
                BinaryPrimitives.ReadUInt16BigEndian(addresses[34..])));
    }
}
