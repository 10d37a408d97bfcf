using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Makes the packets of a <see cref="GeneratedTrace"/> one after the other.</summary>
internal sealed class GeneratedTraceReader : IPacketReader
{
    private const byte Syn = 0x02;
    private const byte PushAck = 0x18;

    private readonly GeneratedTraceOptions _options;
    private readonly FlowTable _flows;
    private readonly RemainingPackets _remaining;
    private readonly Xoshiro256 _order;
    private readonly Xoshiro256 _times;
    private readonly Xoshiro256 _payloads;
    private readonly PacketBuilder _builder = new(GeneratedTraceOptions.LargestPayload);

    /// <summary>Sequence number of the flow's next segment; empty for UDP.</summary>
    private readonly uint[] _sequences;

    /// <summary>Whether the flow has had its first packet.</summary>
    private readonly bool[] _begun;

    /// <summary>Packets that the flow has had; empty when no NAT forgets any.</summary>
    private readonly long[] _sent;

    /// <summary>Connection id of the flow; empty when it has none.</summary>
    private readonly ulong[] _connectionIds;

    private readonly double _meanGap;
    private double _now;
    private long _index;

    public GeneratedTraceReader(GeneratedTraceOptions options, FlowTable flows)
    {
        _options = options;
        _flows = flows;
        _remaining = new RemainingPackets(flows.PacketCounts);
        _order = Xoshiro256.ForStream(options.Seed, TraceStream.Order);
        _times = Xoshiro256.ForStream(options.Seed, TraceStream.Times);
        _payloads = Xoshiro256.ForStream(options.Seed, TraceStream.Payloads);
        _meanGap = 1e9 / options.Rate;
        _begun = new bool[flows.Flows.Length];
        _sequences = options.Protocol == TransportProtocol.Tcp ? new uint[flows.Flows.Length] : [];
        _sent = new long[flows.Rebound.Length];
        _connectionIds = options.Payload == Payloads.Quic ? new ulong[flows.Flows.Length] : [];
        Xoshiro256 connectionIds = Xoshiro256.ForStream(options.Seed, TraceStream.ConnectionIds);
        for (int flow = 0; flow < _connectionIds.Length; flow++)
        {
            _connectionIds[flow] = connectionIds.NextUInt64();
        }

        Xoshiro256 sequences = Xoshiro256.ForStream(options.Seed, TraceStream.Sequences);
        for (int flow = 0; flow < _sequences.Length; flow++)
        {
            _sequences[flow] = sequences.NextUInt32();
        }
    }

    public TraceStatistics Statistics => TraceStatistics.Empty with { Records = _index, Packets = _index };

    public double? Progress => (double)_index / _options.PacketCount;

    public Diagnostic? Failure => null;

    public bool TryRead(out Packet packet)
    {
        if (_remaining.Total == 0)
        {
            packet = default;
            return false;
        }

        int flow = _remaining.Draw(_order);
        FlowKey key = _sent.Length > 0 && _sent[flow]++ >= (_flows.PacketCounts[flow] + 1) / 2 ? _flows.Rebound[flow] : _flows.Flows[flow];
        byte flags = 0;
        int length;
        if (key.Protocol == TransportProtocol.Udp)
        {
            length = _builder.WriteUdp(key, (ushort)_index, NextPayload(flow));
        }
        else
        {
            flags = _begun[flow] ? PushAck : Syn;
            Span<byte> payload = _begun[flow] ? NextPayload(flow) : [];
            length = _builder.WriteTcp(key, (ushort)_index, flags, _sequences[flow], payload);
            _sequences[flow] += _begun[flow] ? (uint)payload.Length : 1;
        }

        _begun[flow] = true;
        int networkLength = IpHeader.LengthOf(key.Family);
        packet = new Packet
        {
            Timestamp = NextTime(),
            Cpu = -1,
            Data = _builder.Memory[..length],
            TransportOffset = networkLength,
            TransportLength = length - networkLength,
            Flow = key,
            TcpFlags = flags,
            Index = _index++,
        };
        return true;
    }

    public void Dispose()
    {
    }

    /// <summary>Writes a random payload where the builder wants it.</summary>
    private Span<byte> NextPayload(int flow)
    {
        if (_options.Payload == Payloads.Dns)
        {
            return _builder.Payload[..PayloadWriter.WriteDns(_builder.Payload, _payloads)];
        }

        uint choices = (uint)(_options.LargestPayloadLength - _options.SmallestPayloadLength + 1);
        int length = _options.SmallestPayloadLength + (int)_payloads.NextBelow(choices);
        if (_options.Payload == Payloads.Quic)
        {
            return _builder.Payload[..PayloadWriter.WriteQuic(_builder.Payload, !_begun[flow], _connectionIds[flow], length, _payloads)];
        }

        _payloads.Fill(_builder.Payload[..length]);
        return _builder.Payload[..length];
    }

    private long NextTime()
    {
        if (_options.Arrivals == Arrivals.Constant)
        {
            return (long)(_index * _meanGap);
        }

        long time = (long)_now;
        _now -= DeterministicMath.Log(1 - _times.NextDouble()) * _meanGap;
        return time;
    }
}
