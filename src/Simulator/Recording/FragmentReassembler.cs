using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>
/// Puts IP fragments together by the kernel's rules (ip_frag_queue, ip6_frag_queue, inet_frag_queue_insert): in any order, a duplicate is left out, an overlap
/// drops the datagram, 30 seconds for IPv4 and 60 for IPv6 by the time stamps of the capture. The unfinished ones take at most 4 MiB (ipfrag_high_thresh);
/// beyond that a new one is not begun.
/// </summary>
internal sealed class FragmentReassembler
{
    private const int MemoryLimit = 4 << 20;
    private const long Second = 1_000_000_000;
    private const int LongestPacket = 65535;
    private const int EmptyCost = 512;

    private readonly Dictionary<DatagramKey, LinkedListNode<Pending>> _pending = [];
    private readonly LinkedList<Pending> _byAge = new();

    /// <summary>Whether there are unfinished datagrams.</summary>
    public bool HasPending => _pending.Count > 0;

    /// <summary>Bytes that unfinished datagrams take.</summary>
    public int Memory { get; private set; }

    /// <summary>Takes a fragment; true when it completes its datagram.</summary>
    public bool Add(in CapturedFrame frame, out Datagram datagram)
    {
        datagram = default;
        if (!PacketParser.ParseFragment(frame.Link, frame.Data.Span, frame.SentLength, out FragmentHeaders fragment))
        {
            return false;
        }

        DropExpired(frame.Timestamp);
        if (!_pending.TryGetValue(fragment.Datagram, out LinkedListNode<Pending>? node))
        {
            if (Memory > MemoryLimit)
            {
                return false;
            }

            node = _byAge.AddLast(new Pending(fragment.Datagram, frame.Timestamp));
            _pending.Add(fragment.Datagram, node);
            Memory += EmptyCost;
        }

        Pending pending = node.Value;
        int before = pending.Capacity;
        FragmentFate fate = pending.Add(fragment, frame.Data.Span[fragment.NetworkOffset..]);
        Memory += pending.Capacity - before;
        if (fate is FragmentFate.Kept or FragmentFate.Duplicate)
        {
            return false;
        }

        Remove(node);
        return fate == FragmentFate.Completing && pending.TryBuild(out datagram);
    }

    private void DropExpired(long now)
    {
        for (LinkedListNode<Pending>? node = _byAge.First; node is not null;)
        {
            LinkedListNode<Pending>? next = node.Next;
            long limit = (node.Value.Key.Family == IpFamily.V4 ? 30 : 60) * Second;
            if (now - node.Value.Begun > limit)
            {
                Remove(node);
            }
            else if (now - node.Value.Begun <= 30 * Second)
            {
                break; // the younger ones are younger still
            }

            node = next;
        }
    }

    private void Remove(LinkedListNode<Pending> node)
    {
        _byAge.Remove(node);
        _pending.Remove(node.Value.Key);
        Memory -= node.Value.Capacity + EmptyCost;
    }

    private enum FragmentFate
    {
        Kept,
        Duplicate,
        Dropping,
        Completing,
    }

    /// <summary>A datagram that is not complete.</summary>
    private sealed class Pending(DatagramKey key, long begun)
    {
        /// <summary>Stretches of the data that are there, in order, none touching the next.</summary>
        private readonly List<(int Start, int End)> _runs = [];

        /// <summary>Stretches that a fragment brought but the capture cut off.</summary>
        private int _firstMissing = int.MaxValue;

        private byte[] _data = [];
        private byte[] _headers = [];
        private int _length = -1;
        private int _highest;
        private int _fragments;

        public DatagramKey Key => key;

        public long Begun => begun;

        public int Capacity => _data.Length + _headers.Length;

        public FragmentFate Add(in FragmentHeaders fragment, ReadOnlySpan<byte> packet)
        {
            int start = fragment.Offset;
            int end = start + fragment.Length;
            if (fragment.HasMore ? _length >= 0 && end > _length : end < _highest || (_length >= 0 && end != _length))
            {
                return FragmentFate.Dropping;
            }

            foreach ((int runStart, int runEnd) in _runs)
            {
                if (start >= runStart && end <= runEnd)
                {
                    _fragments++;
                    return FragmentFate.Duplicate;
                }

                if (start < runEnd && end > runStart)
                {
                    return FragmentFate.Dropping;
                }
            }

            _fragments++;
            _highest = Math.Max(_highest, end);
            _length = fragment.HasMore ? _length : end;
            Keep(fragment, packet);
            AddRun(start, end);
            return _length >= 0 && _runs is [(0, int covered)] && covered == _length ? FragmentFate.Completing : FragmentFate.Kept;
        }

        public bool TryBuild(out Datagram datagram)
        {
            byte[] packet = new byte[_headers.Length + _length];
            _headers.CopyTo(packet, 0);
            _data.AsSpan(0, _length).CopyTo(packet.AsSpan(_headers.Length));
            int lengthField = key.Family == IpFamily.V4 ? packet.Length : packet.Length - 40;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(key.Family == IpFamily.V4 ? 2 : 4), (ushort)lengthField);
            if (key.Family == IpFamily.V4)
            {
                packet.AsSpan(6, 2).Clear();
            }

            int captured = Math.Min(packet.Length, _firstMissing == int.MaxValue ? int.MaxValue : _headers.Length + _firstMissing);
            datagram = new Datagram(packet.AsMemory(0, captured), packet.Length, _fragments);
            return lengthField <= LongestPacket;
        }

        private void Keep(in FragmentHeaders fragment, ReadOnlySpan<byte> packet)
        {
            int end = fragment.Offset + fragment.Length;
            if (_data.Length < end)
            {
                Array.Resize(ref _data, Math.Max(end, Math.Min(_data.Length * 2, LongestPacket)));
            }

            ReadOnlySpan<byte> payload = packet[Math.Min(packet.Length, fragment.PayloadOffset)..];
            if (payload.Length < fragment.Length)
            {
                _firstMissing = Math.Min(_firstMissing, fragment.Offset + payload.Length);
            }

            payload[..Math.Min(payload.Length, fragment.Length)].CopyTo(_data.AsSpan(fragment.Offset));
            if (fragment.Offset == 0)
            {
                _headers = packet[..fragment.HeaderLength].ToArray();
                _headers[fragment.NextHeaderAt] = fragment.NextHeader;
            }
        }

        private void AddRun(int start, int end)
        {
            int at = 0;
            while (at < _runs.Count && _runs[at].End < start)
            {
                at++;
            }

            if (at < _runs.Count && _runs[at].End == start)
            {
                start = _runs[at].Start;
                _runs.RemoveAt(at);
            }

            if (at < _runs.Count && _runs[at].Start == end)
            {
                end = _runs[at].End;
                _runs.RemoveAt(at);
            }

            _runs.Insert(at, (start, end));
        }
    }
}
