using System.Collections.Immutable;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Model;

/// <summary>Datagrams that a kernel may take for one, and decide once by the first, though they do not all belong to its slot.</summary>
public sealed record SteeringTrain
{
    internal SteeringTrain(MixedTrain train)
    {
        Flow = train.Flow.ToString();
        Index = train.Index;
        Slot = train.Slot < 0 ? null : train.Slot;
        Packets = train.Packets;
        Misrouted = train.Misrouted;
        ConnectionId = [.. train.Ids.Select(id => Convert.ToHexStringLower(id.AsSpan()))];
    }

    /// <summary>The five-tuple.</summary>
    public string Flow { get; }

    /// <summary>Position of the first in the trace, counted from 0.</summary>
    public long Index { get; }

    /// <summary>The slot of the first, where all go; null for none.</summary>
    public int? Slot { get; }

    /// <summary>How many datagrams they are.</summary>
    public int Packets { get; }

    /// <summary>How many of them would go to another slot by themselves.</summary>
    public int Misrouted { get; }

    /// <summary>The different ids in them, in hexadecimal digits.</summary>
    public ImmutableArray<string> ConnectionId { get; }

    /// <inheritdoc/>
    public override string ToString() => $"packet {Index}, {Flow}: {Misrouted} of {Packets} datagrams belong elsewhere";
}
