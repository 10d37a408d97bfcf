using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>What a match looks at.</summary>
internal readonly struct MatchInput(in Packet packet, ExecutionEnvironment environment, bool isMigrating = false)
{
    private const int UdpHeader = 8;

    private readonly Packet _packet = packet;

    public FlowKey Flow => _packet.Flow;

    public ExecutionEnvironment Environment { get; } = environment;

    /// <summary>Whether it is a connection whose listener stopped.</summary>
    public bool IsMigrating { get; } = isMigrating;

    public bool IsUdp => Flow.Protocol == TransportProtocol.Udp;

    /// <summary>Whether it may open a flow: a datagram, or a SYN without ACK, RST and FIN.</summary>
    public bool IsOpening => !IsMigrating && (IsUdp || _packet.IsPureSyn);

    public byte TcpFlags => _packet.TcpFlags;

    /// <summary>Bytes of payload of a datagram.</summary>
    public int PayloadLength => _packet.TransportLength - UdpHeader;

    /// <summary>Bytes of the payload of a datagram. What a capture cut off is 0.</summary>
    /// <returns>False when the datagram is too short.</returns>
    public bool TryReadPayload(int at, Span<byte> bytes)
    {
        bytes.Clear();
        if (at + bytes.Length > PayloadLength)
        {
            return false;
        }

        ReadOnlySpan<byte> data = _packet.Data.Span;
        int from = _packet.TransportOffset + UdpHeader + at;
        if (from < data.Length)
        {
            data.Slice(from, Math.Min(bytes.Length, data.Length - from)).CopyTo(bytes);
        }

        return true;
    }

    /// <summary>Whether the capture holds the payload up to there.</summary>
    public bool IsCaptured(int end) => _packet.TransportOffset + UdpHeader + end <= _packet.Data.Length;
}
