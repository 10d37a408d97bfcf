using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>A flow and where it went, in 48 bytes; all zero when there is none.</summary>
internal struct FlowState
{
    private readonly ulong _sourceHigh;
    private readonly ulong _sourceLow;
    private readonly ulong _destinationHigh;
    private readonly ulong _destinationLow;
    private readonly ushort _sourcePort;
    private readonly ushort _destinationPort;
    private readonly byte _kind;

    /// <summary>Whether it was decided differently later.</summary>
    public bool HasMoved;

    /// <summary>Whether a packet of it was QUIC's.</summary>
    public bool IsQuic;

    /// <summary>Packets, as far as they are counted by flow. Where a part of a trace is booked: the number of its <see cref="FlowNotes">note</see>.</summary>
    public uint Packets;

    /// <summary>Row of its first decision.</summary>
    public ushort First;

    /// <summary>Row of its last decision.</summary>
    public ushort Last;

    /// <summary>A flow that went nowhere yet.</summary>
    public FlowState(in FlowKey key)
    {
        _sourceHigh = (ulong)(key.Source >> 64);
        _sourceLow = (ulong)key.Source;
        _destinationHigh = (ulong)(key.Destination >> 64);
        _destinationLow = (ulong)key.Destination;
        _sourcePort = key.SourcePort;
        _destinationPort = key.DestinationPort;
        _kind = KindOf(key);
    }

    public readonly IpFamily Family => (IpFamily)(_kind >> 5);

    public readonly TransportProtocol Protocol => (TransportProtocol)(_kind & 0x1F);

    public readonly UInt128 Source => new(_sourceHigh, _sourceLow);

    /// <summary>Some of what it begins with.</summary>
    public readonly int Start => (int)_sourceHigh;

    public readonly FlowKey Key => new(
        Family, Protocol, Source, new UInt128(_destinationHigh, _destinationLow), _sourcePort, _destinationPort);

    public readonly bool IsEmpty => _kind == 0;

    public readonly bool IsOf(in FlowKey key) =>
        _sourceLow == (ulong)key.Source
        && _destinationLow == (ulong)key.Destination
        && _sourcePort == key.SourcePort
        && _sourceHigh == (ulong)(key.Source >> 64)
        && _destinationHigh == (ulong)(key.Destination >> 64)
        && _destinationPort == key.DestinationPort
        && _kind == KindOf(key);

    public readonly uint Hash() => Hash(_sourceHigh, _sourceLow, _destinationHigh, _destinationLow, _sourcePort, _destinationPort, _kind);

    /// <summary>A hash of the five-tuple, the same everywhere.</summary>
    public static uint HashOf(in FlowKey key) => Hash(
        (ulong)(key.Source >> 64), (ulong)key.Source, (ulong)(key.Destination >> 64), (ulong)key.Destination, key.SourcePort, key.DestinationPort, KindOf(key));

    private static byte KindOf(in FlowKey key) => (byte)(((int)key.Family << 5) | (int)key.Protocol);

    private static uint Hash(ulong sourceHigh, ulong sourceLow, ulong destinationHigh, ulong destinationLow, ushort sourcePort, ushort destinationPort, byte kind)
    {
        ulong ports = ((ulong)sourcePort << 48) | ((ulong)destinationPort << 32) | kind;
        ulong hash = Mix(sourceLow ^ ports, sourceHigh);
        hash = Mix(hash ^ destinationLow, destinationHigh);
        return (uint)(hash ^ (hash >> 32));
    }

    private static ulong Mix(ulong first, ulong second)
    {
        ulong high = Math.BigMul(first ^ 0x9E37_79B9_7F4A_7C15, second ^ 0xD1B5_4A32_D192_ED03, out ulong low);
        return high ^ low;
    }
}
