using System.Buffers.Binary;
using System.Numerics;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// Finds entries by key. Entries are numbered from 0 and listed in that order; a freed number is given to the next new key. (The kernel
/// lists by bucket of a hash with a random seed, an order nobody can rely on.)
/// </summary>
internal sealed class KeyIndex
{
    private readonly int _keySize;
    private byte[] _keys;
    private int[] _next;
    private int[] _buckets;
    private int _end;
    private int _firstFree = -1;

    public KeyIndex(int keySize)
    {
        _keySize = keySize;
        _keys = new byte[8 * keySize];
        _next = new int[8];
        _buckets = new int[16];
        Array.Fill(_buckets, -1);
    }

    /// <summary>Entries in use.</summary>
    public int Count { get; private set; }

    /// <summary>The entry of a key, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        for (int entry = _buckets[Bucket(key)]; entry >= 0; entry = _next[entry])
        {
            if (KeyOf(entry).SequenceEqual(key))
            {
                return entry;
            }
        }

        return -1;
    }

    /// <summary>Adds a key that is not there, and makes room for it in an array that runs beside the index.</summary>
    public int Add<T>(ReadOnlySpan<byte> key, ref T[] beside)
    {
        int entry = _firstFree;
        if (entry >= 0)
        {
            _firstFree = FreeLink(_next[entry]);
        }
        else
        {
            entry = _end++;
            if (entry == _next.Length)
            {
                Grow();
            }
        }

        Count++;
        key.CopyTo(_keys.AsSpan(entry * _keySize));
        Link(entry);
        if (entry >= beside.Length)
        {
            Array.Resize(ref beside, _next.Length);
        }

        return entry;
    }

    /// <summary>Removes an entry in use.</summary>
    public void Remove(int entry)
    {
        ref int link = ref _buckets[Bucket(KeyOf(entry))];
        while (link != entry)
        {
            link = ref _next[link];
        }

        link = _next[entry];
        _next[entry] = FreeLink(_firstFree);
        _firstFree = entry;
        Count--;
    }

    /// <summary>The key of an entry in use.</summary>
    public ReadOnlySpan<byte> KeyOf(int entry) => _keys.AsSpan(entry * _keySize, _keySize);

    /// <summary>The first entry in use after <paramref name="entry"/> (-1 for the very first), or -1.</summary>
    public int After(int entry)
    {
        for (int next = entry + 1; next < _end; next++)
        {
            if (_next[next] >= -1)
            {
                return next;
            }
        }

        return -1;
    }

    /// <summary>BPF_MAP_GET_NEXT_KEY (<c>htab_map_get_next_key</c>): a key that is not there is followed by the first.</summary>
    public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        int entry = After(key.IsEmpty ? -1 : Find(key));
        if (entry < 0)
        {
            return Errno.ENOENT;
        }

        KeyOf(entry).CopyTo(next);
        return Errno.None;
    }

    /// <summary>The checks of an update in their order (<c>htab_map_update_elem</c>): flags, then presence, then room.</summary>
    public Errno CheckUpdate(ReadOnlySpan<byte> key, ulong flags, int maxEntries, out int entry)
    {
        entry = Find(key);
        return flags > (ulong)MapUpdateFlags.Exist ? Errno.EINVAL
            : entry >= 0 && flags == (ulong)MapUpdateFlags.NoExist ? Errno.EEXIST
            : entry < 0 && flags == (ulong)MapUpdateFlags.Exist ? Errno.ENOENT
            : entry < 0 && Count >= maxEntries ? Errno.E2BIG
            : Errno.None;
    }

    // Links of free entries are stored as -3 - link, below the -1 that ends a chain.
    private static int FreeLink(int link) => -3 - link;

    private void Grow()
    {
        Array.Resize(ref _keys, _keys.Length * 2);
        Array.Resize(ref _next, _next.Length * 2);
        _buckets = new int[_next.Length * 2];
        Array.Fill(_buckets, -1);
        for (int entry = 0; entry < _end - 1; entry++)
        {
            if (_next[entry] >= -1)
            {
                Link(entry);
            }
        }
    }

    private void Link(int entry)
    {
        ref int bucket = ref _buckets[Bucket(KeyOf(entry))];
        _next[entry] = bucket;
        bucket = entry;
    }

    private int Bucket(ReadOnlySpan<byte> key)
    {
        const ulong Multiplier = 0x9e3779b97f4a7c15;
        ulong hash = (ulong)key.Length * Multiplier;
        while (key.Length >= 8)
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ BinaryPrimitives.ReadUInt64LittleEndian(key)) * Multiplier;
            key = key[8..];
        }

        foreach (byte value in key)
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ value) * Multiplier;
        }

        return (int)(hash >> 32) & (_buckets.Length - 1);
    }
}
