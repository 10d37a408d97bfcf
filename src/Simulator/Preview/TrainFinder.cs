using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// Finds what a kernel may take for one datagram: consecutive datagrams of one flow, one soon after the other, all as long as the first but the last, which may be shorter
/// (udp_gro_receive_segment, __udp_gso_segment). A trace does not say what the sender or the receiving interface joined, so these are the trains that can be.
/// </summary>
internal sealed class TrainFinder
{
    /// <summary>Longest time between two datagrams of a train, in nanoseconds: more than one poll of an interface takes.</summary>
    private const long LongestGap = 1_000_000;

    /// <summary>Datagrams in a train at most (UDP_GRO_CNT_MAX, and what UDP_SEGMENT takes on older kernels).</summary>
    private const int MostPackets = 64;

    /// <summary>Bytes of an IP packet at most.</summary>
    private const int MostBytes = 65535;

    private readonly Dictionary<FlowKey, Train> _open = [];
    private readonly List<MixedTrain> _mixed = [];

    /// <summary>Trains of two datagrams or more.</summary>
    public long Count { get; private set; }

    /// <summary>Trains whose datagrams do not all go where the first goes.</summary>
    public long MixedCount { get; private set; }

    /// <summary>Datagrams that do not go where the first of their train goes.</summary>
    public long Misrouted { get; private set; }

    /// <summary>The first mixed trains, by the position of their first datagram.</summary>
    public ImmutableArray<MixedTrain> Mixed => [.. _mixed.OrderBy(train => train.Index)];

    /// <summary>Takes the next datagram.</summary>
    /// <param name="packet">The datagram.</param>
    /// <param name="slot">Where it goes by itself; -1 for no slot.</param>
    /// <param name="id">The id that a server issued in it; empty for none.</param>
    public void Add(in Packet packet, int slot, byte[] id)
    {
        ref Train? train = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, packet.Flow, out _);
        if (train is null || !train.TryJoin(packet))
        {
            Close(packet.Flow, train);
            train = new Train(packet, slot);
        }

        train.Note(slot, id);
    }

    /// <summary>Ends all trains.</summary>
    public void Close()
    {
        foreach ((FlowKey flow, Train? train) in _open)
        {
            Close(flow, train);
        }

        _open.Clear();
    }

    private void Close(in FlowKey flow, Train? train)
    {
        if (train is null || train.Packets < 2)
        {
            return;
        }

        Count++;
        if (train.Misrouted == 0)
        {
            return;
        }

        MixedCount++;
        Misrouted += train.Misrouted;
        if (_mixed.Count < ConnectionIdSurveyor.MostTrains)
        {
            _mixed.Add(new MixedTrain(flow, train.Timestamp, train.Index, train.Slot, train.Packets, train.Misrouted, [.. train.Ids.Select(ImmutableCollectionsMarshal.AsImmutableArray)]));
        }
    }

    private sealed class Train(in Packet first, int slot)
    {
        private readonly int _length = first.TransportLength;
        private long _last = first.Timestamp;
        private int _bytes = first.TransportLength;
        private bool _isEnded;

        public long Timestamp { get; } = first.Timestamp;

        public long Index { get; } = first.Index;

        public int Slot { get; } = slot;

        public int Packets { get; private set; }

        public int Misrouted { get; private set; }

        public List<byte[]> Ids { get; } = [];

        public bool TryJoin(in Packet packet)
        {
            if (_isEnded || Packets == MostPackets || packet.TransportLength > _length || packet.Timestamp - _last > LongestGap || _bytes + packet.TransportLength > MostBytes)
            {
                return false;
            }

            _last = packet.Timestamp;
            _bytes += packet.TransportLength;
            _isEnded = packet.TransportLength < _length;
            return true;
        }

        public void Note(int slot, byte[] id)
        {
            Packets++;
            Misrouted += slot == Slot ? 0 : 1;
            if (id.Length > 0 && !Ids.Exists(known => known.AsSpan().SequenceEqual(id)))
            {
                Ids.Add(id);
            }
        }
    }
}
