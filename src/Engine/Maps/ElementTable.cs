using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// The hash table of the kernel's hash maps (<c>kernel/bpf/hashtab.c</c>): elements, known by small numbers, in buckets by the hash of their keys. Keys are listed
/// in the kernel's order: by bucket, and in a bucket the one added last first.
/// </summary>
/// <remarks>
/// The kernel has as many buckets as max_entries, rounded up to a power of two, from the beginning. Here their number grows with the elements: a chain
/// holds those of a run of neighbouring kernel buckets, in the kernel's order, until there is a chain for each.
/// </remarks>
internal sealed class ElementTable
{
    /// <summary>No element.</summary>
    public const int None = -1;

    private readonly int _keySize;
    private readonly uint _seed;
    private readonly uint _bucketMask;
    private byte[] _keys;
    private Element[] _elements;
    private int[] _chains;
    private int _chainShift;
    private int _numbered;
    private int _firstFree = None;

    /// <summary>An empty table.</summary>
    /// <param name="spec">Key size and largest number of entries; BPF_F_ZERO_SEED.</param>
    /// <param name="seed">What the hash begins with.</param>
    public ElementTable(MapSpec spec, uint seed)
    {
        _keySize = spec.KeySize;
        _seed = spec.Flags.HasFlag(MapFlags.ZeroSeed) ? 0 : seed;
        _bucketMask = BitOperations.RoundUpToPowerOf2((uint)spec.MaxEntries) - 1;
        _elements = new Element[8];
        _keys = new byte[_elements.Length * _keySize];
        _chains = NewChains((int)Math.Min(_bucketMask + 1, 16));
    }

    /// <summary>Elements in the table.</summary>
    public int Count { get; private set; }

    /// <summary>The hash of a key.</summary>
    public uint Hash(ReadOnlySpan<byte> key) => _keySize switch
    {
        sizeof(uint) => JenkinsHash.Compute(BinaryPrimitives.ReadUInt32LittleEndian(key), _seed),
        sizeof(ulong) => JenkinsHash.Compute(BinaryPrimitives.ReadUInt64LittleEndian(key), _seed),
        _ => JenkinsHash.Compute(key, _seed),
    };

    /// <summary>The element of a key, or <see cref="None"/>.</summary>
    public int Find(ReadOnlySpan<byte> key) => Find(key, Hash(key));

    /// <summary>The element of a key whose hash is known, or <see cref="None"/>.</summary>
    public int Find(ReadOnlySpan<byte> key, uint hash)
    {
        Element[] elements = _elements;
        for (int at = _chains[ChainOf(hash)]; at >= 0; at = elements[at].Next)
        {
            if (elements[at].Hash == hash && KeyOf(at).SequenceEqual(key))
            {
                return at;
            }
        }

        return None;
    }

    /// <summary>Puts a new element into the bucket of a key, before all others there. For a map that leaves the numbers to the table.</summary>
    /// <returns>Its number: one that was freed, or the next.</returns>
    public int Add(ReadOnlySpan<byte> key, uint hash)
    {
        int element = _firstFree;
        if (element < 0)
        {
            element = _numbered++;
        }
        else
        {
            _firstFree = _elements[element].Next;
        }

        Add(element, key, hash);
        return element;
    }

    /// <summary>Takes an element out of its bucket; its number is the next to be given to a new one.</summary>
    public void Free(int element)
    {
        Remove(element);
        _elements[element].Next = _firstFree;
        _firstFree = element;
    }

    /// <summary>What the map keeps about an element: where its value is.</summary>
    public ref int RowOf(int element) => ref _elements[element].Row;

    /// <summary>Puts an element before all others in its bucket, as if it had been taken out and added again.</summary>
    public void MoveToFront(int element)
    {
        uint hash = _elements[element].Hash;
        if (_chains[ChainOf(hash)] != element && FirstOfBucket(hash) != element)
        {
            Remove(element);
            Link(element);
            Count++;
        }
    }

    /// <summary>Puts an element that is in no bucket into that of a key, before all others there.</summary>
    public void Add(int element, ReadOnlySpan<byte> key, uint hash)
    {
        if (element >= _elements.Length)
        {
            int length = (int)Math.Min(Math.Max(element + 1L, 2L * _elements.Length), Array.MaxLength / _keySize);
            Array.Resize(ref _elements, length);
            Array.Resize(ref _keys, length * _keySize);
        }

        if (Count == _chains.Length && _chains.Length <= _bucketMask)
        {
            Spread();
        }

        key.CopyTo(_keys.AsSpan(element * _keySize));
        _elements[element].Hash = hash;
        Link(element);
        Count++;
    }

    /// <summary>Takes an element out of its bucket. False when it is in none.</summary>
    public bool Remove(int element)
    {
        if (element >= _elements.Length)
        {
            return false;
        }

        ref int link = ref _chains[ChainOf(_elements[element].Hash)];
        while (link != element)
        {
            if (link < 0)
            {
                return false;
            }

            link = ref _elements[link].Next;
        }

        link = _elements[element].Next;
        Count--;
        return true;
    }

    /// <summary>The key of an element in the table.</summary>
    public ReadOnlySpan<byte> KeyOf(int element) => _keys.AsSpan(element * _keySize, _keySize);

    /// <summary>The element after another one in the kernel's order, the first after <see cref="None"/>; <see cref="None"/> at the end.</summary>
    public int After(int element)
    {
        int next = element < 0 ? None : _elements[element].Next;
        for (int chain = element < 0 ? 0 : ChainOf(_elements[element].Hash) + 1; next < 0 && chain < _chains.Length; chain++)
        {
            next = _chains[chain];
        }

        return next;
    }

    /// <summary>Goes to the element after another one and gives its key. False at the end.</summary>
    public bool TryAdvance(ref int element, Span<byte> key)
    {
        element = After(element);
        if (element < 0)
        {
            return false;
        }

        KeyOf(element).CopyTo(key);
        return true;
    }

    /// <summary>BPF_MAP_GET_NEXT_KEY (<c>htab_map_get_next_key</c>): a key that is not there is followed by the first.</summary>
    public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        int element = After(key.IsEmpty ? None : Find(key));
        if (element < 0)
        {
            return Errno.ENOENT;
        }

        KeyOf(element).CopyTo(next);
        return Errno.None;
    }

    /// <summary>What an update says to a key that is there or is not (<c>check_flags</c>); BPF_F_LOCK does not matter.</summary>
    public static Errno CheckPresence(bool isThere, ulong flags) =>
        (flags & ~(ulong)MapUpdateFlags.Lock) switch
        {
            (ulong)MapUpdateFlags.NoExist when isThere => Errno.EEXIST,
            (ulong)MapUpdateFlags.Exist when !isThere => Errno.ENOENT,
            _ => Errno.None,
        };

    private int[] NewChains(int count)
    {
        int[] chains = new int[count];
        Array.Fill(chains, None);
        _chainShift = BitOperations.Log2(_bucketMask + 1) - BitOperations.Log2((uint)count);
        return chains;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ChainOf(uint hash) => (int)((hash & _bucketMask) >> _chainShift);

    private void Spread()
    {
        int[] old = _chains;
        _chains = NewChains(old.Length * 2);
        Span<int> tails = stackalloc int[2];
        for (int chain = 0; chain < old.Length; chain++)
        {
            // The elements of one chain go to two, and stay in their order.
            tails.Fill(None);
            for (int at = old[chain], next; at >= 0; at = next)
            {
                next = _elements[at].Next;
                int target = ChainOf(_elements[at].Hash);
                ref int tail = ref tails[target & 1];
                (tail < 0 ? ref _chains[target] : ref _elements[tail].Next) = at;
                _elements[at].Next = None;
                tail = at;
            }
        }
    }

    private void Link(int element)
    {
        ref int link = ref FirstOfBucket(_elements[element].Hash);
        _elements[element].Next = link;
        link = element;
    }

    // What leads to the first element of the kernel's bucket: there may be some of lower buckets in the chain.
    private ref int FirstOfBucket(uint hash)
    {
        uint bucket = hash & _bucketMask;
        ref int link = ref _chains[ChainOf(hash)];
        while (link >= 0 && (_elements[link].Hash & _bucketMask) < bucket)
        {
            link = ref _elements[link].Next;
        }

        return ref link;
    }

    private struct Element
    {
        public int Next;
        public uint Hash;
        public int Row;
    }
}
