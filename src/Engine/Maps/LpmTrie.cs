using System.Buffers.Binary;
using System.Numerics;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// LPM_TRIE (<c>kernel/bpf/lpm_trie.c</c>): a path-compressed binary trie. A key is a u32 prefix length and that many bits of data, most significant first; bits
/// beyond the prefix are kept and shown as written, and mean nothing.
/// </summary>
internal sealed class LpmTrie : BpfMap
{
    private const int None = -1;
    private readonly int _dataSize;
    private readonly RowPool _rows;
    private readonly Stack<int> _free = [];
    private byte[] _data;
    private Node[] _nodes = new Node[8];
    private int _end;
    private int _root = None;
    private int _count;

    public LpmTrie(MapSpec spec, int cpuCount)
        : base(spec, cpuCount)
    {
        _dataSize = spec.KeySize - sizeof(uint);
        _data = new byte[_nodes.Length * _dataSize];
        _rows = new RowPool(this, 1, spare: 1);
    }

    public override bool HasProgramLookup => true;

    public override bool HasProgramUpdate => true;

    private uint MaxPrefix => (uint)_dataSize * 8;

    public override bool TryFindValue(ReadOnlySpan<byte> key, int cpu, out uint offset)
    {
        int node = FindLongest(key);
        offset = node == None ? 0 : Values.OffsetOf(_nodes[node].Row);
        return node != None;
    }

    public override Errno UpdateFromProgram(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags, int cpu) => UpdateCore(key, value, flags);

    public override Errno DeleteFromProgram(ReadOnlySpan<byte> key) => DeleteCore(key);

    protected override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value)
    {
        int node = FindLongest(key);
        if (node == None)
        {
            return Errno.ENOENT;
        }

        Values.Row(_nodes[node].Row).CopyTo(value);
        return Errno.None;
    }

    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(key);
        ReadOnlySpan<byte> data = key[sizeof(uint)..];
        if (flags > (ulong)MapUpdateFlags.Exist || length > MaxPrefix)
        {
            return Errno.EINVAL;
        }

        Descend(length, data, out int parent, out int side, out int at, out uint matched);
        bool exact = at != None && matched == length && _nodes[at].Length == length;
        bool present = exact && _nodes[at].Row != None;
        if (present && flags == (ulong)MapUpdateFlags.NoExist)
        {
            return Errno.EEXIST;
        }

        if (!present && flags == (ulong)MapUpdateFlags.Exist)
        {
            return Errno.ENOENT;
        }

        if (!present && _count >= Spec.MaxEntries)
        {
            return Errno.ENOSPC;
        }

        if (!_rows.HasRoom)
        {
            return Errno.ENOMEM;
        }

        int row = _rows.Allocate();
        value.CopyTo(Values.Row(row));
        if (exact)
        {
            if (present)
            {
                _rows.Free(_nodes[at].Row);
            }

            _nodes[at].Row = row;
            data.CopyTo(DataOf(at));
        }
        else
        {
            Insert(NewNode(length, data, row), parent, side, at, matched);
        }

        _count += present ? 0 : 1;
        return Errno.None;
    }

    protected override Errno DeleteCore(ReadOnlySpan<byte> key)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(key);
        if (length > MaxPrefix)
        {
            return Errno.EINVAL;
        }

        Descend(length, key[sizeof(uint)..], out int parent, out int side, out int at, out uint matched, out int grandparent, out int parentSide);
        if (at == None || matched != length || _nodes[at].Length != length || _nodes[at].Row == None)
        {
            return Errno.ENOENT;
        }

        _count--;
        _rows.Free(_nodes[at].Row);
        Node node = _nodes[at];
        if (node.Zero != None && node.One != None)
        {
            _nodes[at].Row = None;
            return Errno.None;
        }

        int child = node.Zero != None ? node.Zero : node.One;
        if (child == None && parent != None && _nodes[parent].Row == None)
        {
            // The parent only joined two branches, and one is left.
            SetChild(grandparent, parentSide, side == 0 ? _nodes[parent].One : _nodes[parent].Zero);
            _free.Push(parent);
        }
        else
        {
            SetChild(parent, side, child);
        }

        _free.Push(at);
        return Errno.None;
    }

    // Children come before their node, 0 before 1; a key that is not there is followed by the first (trie_get_next_key).
    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next)
    {
        if (_root == None)
        {
            return Errno.ENOENT;
        }

        int[] path = new int[MaxPrefix + 2];
        int depth = 0;
        bool found = false;
        if (!key.IsEmpty && BinaryPrimitives.ReadUInt32LittleEndian(key) is uint length && length <= MaxPrefix)
        {
            ReadOnlySpan<byte> data = key[sizeof(uint)..];
            for (int node = _root; node != None;)
            {
                path[depth++] = node;
                uint matched = Match(node, length, data);
                if (matched != _nodes[node].Length)
                {
                    break;
                }

                if (_nodes[node].Length == length)
                {
                    found = _nodes[node].Row != None;
                    break;
                }

                node = Child(node, Bit(data, _nodes[node].Length));
            }
        }

        if (!found)
        {
            return Show(Leftmost(_root), next);
        }

        while (--depth > 0)
        {
            int node = path[depth];
            int parent = path[depth - 1];
            if (_nodes[parent].Zero == node && _nodes[parent].One != None)
            {
                return Show(Leftmost(_nodes[parent].One), next);
            }

            if (_nodes[parent].Row != None)
            {
                return Show(parent, next);
            }
        }

        return Errno.ENOENT;
    }

    private static int Bit(ReadOnlySpan<byte> data, uint index) => (data[(int)(index >> 3)] >> (int)(7 - (index & 7))) & 1;

    private int FindLongest(ReadOnlySpan<byte> key)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(key);
        if (length > MaxPrefix)
        {
            return None;
        }

        ReadOnlySpan<byte> data = key[sizeof(uint)..];
        int found = None;
        for (int node = _root; node != None;)
        {
            uint matched = Match(node, length, data);
            if (matched < _nodes[node].Length)
            {
                break;
            }

            if (_nodes[node].Row != None)
            {
                found = node;
            }

            if (matched == length)
            {
                break;
            }

            node = Child(node, Bit(data, _nodes[node].Length));
        }

        return found;
    }

    // Where a prefix is or would go: the first node (at) that is not a proper prefix of it, its parent, and the bits that node shares.
    private void Descend(uint length, ReadOnlySpan<byte> data, out int parent, out int side, out int at, out uint matched) =>
        Descend(length, data, out parent, out side, out at, out matched, out _, out _);

    private void Descend(
        uint length, ReadOnlySpan<byte> data, out int parent, out int side, out int at, out uint matched, out int grandparent, out int parentSide)
    {
        grandparent = parent = None;
        parentSide = side = 0;
        matched = 0;
        for (at = _root; at != None;)
        {
            matched = Match(at, length, data);
            if (matched != _nodes[at].Length || matched == length)
            {
                return;
            }

            grandparent = parent;
            parentSide = side;
            parent = at;
            side = Bit(data, _nodes[at].Length);
            at = Child(at, side);
        }
    }

    private void Insert(int node, int parent, int side, int at, uint matched)
    {
        if (at == None)
        {
            SetChild(parent, side, node);
        }
        else if (matched == _nodes[node].Length)
        {
            SetChild(node, Bit(DataOf(at), matched), at);
            SetChild(parent, side, node);
        }
        else
        {
            int join = NewNode(matched, DataOf(node), None);
            int bit = Bit(DataOf(node), matched);
            SetChild(join, bit, node);
            SetChild(join, 1 - bit, at);
            SetChild(parent, side, join);
        }
    }

    private uint Match(int node, uint length, ReadOnlySpan<byte> data)
    {
        uint limit = Math.Min(_nodes[node].Length, length);
        ReadOnlySpan<byte> mine = DataOf(node);
        uint bits = 0;
        for (int i = 0; bits < limit; i++, bits += 8)
        {
            uint difference = (uint)(mine[i] ^ data[i]);
            if (difference != 0)
            {
                return Math.Min(limit, bits + (uint)BitOperations.LeadingZeroCount(difference) - 24);
            }
        }

        return limit;
    }

    private int Leftmost(int node)
    {
        while (true)
        {
            int child = _nodes[node].Zero != None ? _nodes[node].Zero : _nodes[node].One;
            if (child == None)
            {
                return node;
            }

            node = child;
        }
    }

    private Errno Show(int node, Span<byte> key)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(key, _nodes[node].Length);
        DataOf(node).CopyTo(key[sizeof(uint)..]);
        return Errno.None;
    }

    private int NewNode(uint length, ReadOnlySpan<byte> data, int row)
    {
        if (!_free.TryPop(out int node))
        {
            node = _end++;
            if (node == _nodes.Length)
            {
                // The data may be a span of the array that is left behind; it stays valid.
                Array.Resize(ref _nodes, _nodes.Length * 2);
                Array.Resize(ref _data, _data.Length * 2);
            }
        }

        _nodes[node] = new Node { Length = length, Row = row, Zero = None, One = None };
        data.CopyTo(DataOf(node));
        return node;
    }

    private int Child(int node, int side) => side == 0 ? _nodes[node].Zero : _nodes[node].One;

    private void SetChild(int parent, int side, int child)
    {
        if (parent == None)
        {
            _root = child;
        }
        else if (side == 0)
        {
            _nodes[parent].Zero = child;
        }
        else
        {
            _nodes[parent].One = child;
        }
    }

    private Span<byte> DataOf(int node) => _data.AsSpan(node * _dataSize, _dataSize);

    private struct Node
    {
        public uint Length;
        public int Row;
        public int Zero;
        public int One;
    }
}
