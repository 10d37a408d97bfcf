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

    /// <summary>Packets, as far as they are counted by flow.</summary>
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
        _kind = (byte)(((int)key.Family << 5) | (int)key.Protocol);
    }

    public readonly IpFamily Family => (IpFamily)(_kind >> 5);

    public readonly TransportProtocol Protocol => (TransportProtocol)(_kind & 0x1F);

    public readonly UInt128 Source => new(_sourceHigh, _sourceLow);

    public readonly bool IsEmpty => _kind == 0;

    public readonly bool IsSameFlow(in FlowState other) =>
        _sourceLow == other._sourceLow
        && _destinationLow == other._destinationLow
        && _sourceHigh == other._sourceHigh
        && _destinationHigh == other._destinationHigh
        && _sourcePort == other._sourcePort
        && _destinationPort == other._destinationPort
        && _kind == other._kind;

    /// <summary>A hash of the five-tuple, the same everywhere.</summary>
    public readonly uint Hash()
    {
        ulong ports = ((ulong)_sourcePort << 48) | ((ulong)_destinationPort << 32) | _kind;
        ulong hash = Mix(_sourceLow ^ ports, _sourceHigh);
        hash = Mix(hash ^ _destinationLow, _destinationHigh);
        return (uint)(hash ^ (hash >> 32));
    }

    private static ulong Mix(ulong first, ulong second)
    {
        ulong high = Math.BigMul(first ^ 0x9E37_79B9_7F4A_7C15, second ^ 0xD1B5_4A32_D192_ED03, out ulong low);
        return high ^ low;
    }
}
