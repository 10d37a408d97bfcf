using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>
/// One of several parts of a trace. A hash of the flow says which part a packet is in, the same for both directions, so that each flow is in one part whole: what is
/// measured over the parts adds up to what is measured over the trace.
/// </summary>
/// <param name="Index">Number of the part, from 0.</param>
/// <param name="Count">How many parts there are.</param>
public sealed record TracePartition(int Index, int Count)
{
    /// <summary>Whether a flow is in the part.</summary>
    public bool Contains(in FlowKey flow)
    {
        ulong source = Mix((ulong)(flow.Source >> 64), (ulong)flow.Source ^ flow.SourcePort);
        ulong destination = Mix((ulong)(flow.Destination >> 64), (ulong)flow.Destination ^ flow.DestinationPort);
        ulong hash = Mix(source + destination, (ulong)flow.Protocol);
        return (int)((hash >> 32) * (ulong)Count >> 32) == Index;
    }

    /// <summary>The packets of the part; the others are counted as <see cref="TraceStatistics.OtherPartition"/>.</summary>
    public IPacketSource Apply(IPacketSource source) => new PartitionedTrace(source, this);

    private static ulong Mix(ulong first, ulong second)
    {
        ulong high = Math.BigMul(first ^ 0x9E37_79B9_7F4A_7C15, second ^ 0xD1B5_4A32_D192_ED03, out ulong low);
        return high ^ low;
    }
}
