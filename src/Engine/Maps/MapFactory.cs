using System.Buffers.Binary;
using System.Numerics;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>Makes live maps, with the checks of BPF_MAP_CREATE.</summary>
public static class MapFactory
{
    private const MapFlags Access = MapFlags.ReadOnly | MapFlags.WriteOnly | MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram;
    private const MapFlags UserAccess = MapFlags.ReadOnly | MapFlags.WriteOnly;

    // KMALLOC_MAX_SIZE and PCPU_MIN_UNIT_SIZE of a 4 KiB page machine, and what an element has before key and value.
    private const long LargestAllocation = 4 << 20;
    private const long LargestPerCpuValue = 32 << 10;
    private const long HashElementHeader = 48;
    private const long LargestHash = 1 << 28;
    private const long TrieNodeHeader = 24;
    private const int TrieDataMost = 256;
    private const int PageSize = 4096;

    // Twice that is the largest array.
    private const uint LargestRing = 1 << 29;

    /// <summary>
    /// Creates a map and writes its contents. ARRAY, PERCPU_ARRAY, HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH, LPM_TRIE, QUEUE, STACK, BLOOM_FILTER,
    /// RINGBUF, ARRAY_OF_MAPS, HASH_OF_MAPS and PROG_ARRAY; socket maps are made by the host that has the sockets.
    /// Codes: RPS5101 refused attributes, RPS5102 type not available here, RPS5103 refused contents.
    /// </summary>
    /// <param name="spec">What to make.</param>
    /// <param name="cpuCount">Possible CPUs, at least 1.</param>
    /// <param name="seed">What the kernel draws at random for a map that hashes, and takes as 0 with BPF_F_ZERO_SEED: the order of keys and the false positives of a Bloom filter depend on it.</param>
    public static MapCreation Create(MapSpec spec, int cpuCount, uint seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cpuCount, 1);
        return (spec.Extra != 0 && spec.Type != MapType.BloomFilter ? Refuse(spec, Errno.EINVAL, "only a Bloom filter takes map_extra") : null) ?? spec.Type switch
        {
            MapType.Array => CheckArray(spec, MapFlags.NumaNode | MapFlags.Mmapable | MapFlags.InnerMap | Access) ?? CheckMemory(spec, spec.MaxEntries),
            MapType.PerCpuArray => CheckArray(spec, Access) ?? CheckPerCpu(spec) ?? CheckMemory(spec, (long)spec.MaxEntries * cpuCount),
            MapType.Hash => CheckHash(spec, MapFlags.NumaNode),
            MapType.PerCpuHash => CheckHash(spec, MapFlags.None) ?? CheckPerCpu(spec),
            MapType.LruHash => CheckLru(spec, MapFlags.NumaNode, cpuCount),
            MapType.LruPerCpuHash => CheckLru(spec, MapFlags.None, cpuCount) ?? CheckPerCpu(spec),
            MapType.LpmTrie => CheckTrie(spec) ?? CheckCount(spec),
            MapType.Queue or MapType.Stack => CheckKeyless(spec, MapFlags.NumaNode | Access) ?? CheckMemory(spec, spec.MaxEntries),
            MapType.BloomFilter => CheckBloom(spec),
            MapType.RingBuf => CheckRing(spec),
            MapType.ProgArray => CheckFileArray(spec),
            MapType.ArrayOfMaps => CheckInner(spec) ?? CheckFileArray(spec),
            MapType.HashOfMaps => CheckInner(spec) ?? CheckHash(spec, MapFlags.NumaNode),
            _ => new MapCreation(null, Errno.ENOTSUPP, Diagnostic.Error("RPS5102", $"Map '{spec.Name}': maps of type {spec.Type} cannot be made here.")),
        }
        ?? CheckSpinLock(spec)
        ?? Fill(spec.Type switch
        {
            MapType.Array or MapType.PerCpuArray => new ArrayMap(spec, cpuCount),
            MapType.Hash or MapType.PerCpuHash => new HashMap(spec, cpuCount, seed),
            MapType.LruHash or MapType.LruPerCpuHash => new LruHashMap(WithEqualShares(spec, cpuCount), cpuCount, seed),
            MapType.LpmTrie => new LpmTrie(spec, cpuCount),
            MapType.Queue or MapType.Stack => new QueueMap(spec, cpuCount),
            MapType.BloomFilter => new BloomFilter(spec, cpuCount, seed),
            MapType.RingBuf => new RingBuffer(spec, cpuCount),
            MapType.ArrayOfMaps => new ArrayOfMaps(spec, cpuCount),
            MapType.HashOfMaps => new HashOfMaps(spec, cpuCount, seed),
            _ => new ProgramArray(spec, cpuCount),
        });
    }

    /// <summary>Writes the contents of its spec into a new map, and freezes it when the spec says so. RPS5103 names the first entry that is refused.</summary>
    public static MapCreation Fill(BpfMap map)
    {
        ReadOnlySpan<byte> values = map.Spec.GetValues();
        Span<byte> key = stackalloc byte[sizeof(int)];
        for (int index = 0; index * map.Spec.ValueSize < values.Length; index++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, index);
            Errno refused = map.Update(key, values.Slice(index * map.Spec.ValueSize, map.Spec.ValueSize));
            if (refused != Errno.None)
            {
                return Refused(index, refused, $"{refused}");
            }
        }

        for (int i = 0; i < map.Spec.Contents.Length; i++)
        {
            MapEntry entry = map.Spec.Contents[i];
            bool fits = entry.Key.Length == map.Spec.KeySize && entry.Value.Length == map.UserValueSize;
            Errno errno = fits ? map.Update(entry.Key.AsSpan(), entry.Value.AsSpan()) : Errno.EINVAL;
            if (errno != Errno.None)
            {
                string reason = fits ? $"{errno}" : $"{entry.Key.Length} key and {entry.Value.Length} value bytes where {map.Spec.KeySize} and {map.UserValueSize} are due";
                return Refused(i, errno, reason);
            }
        }

        Errno frozen = map.Spec.Frozen ? map.Freeze() : Errno.None;
        return frozen == Errno.None
            ? new MapCreation(map, Errno.None, null)
            : new MapCreation(null, frozen, Diagnostic.Error("RPS5103", $"Map '{map.Spec.Name}' cannot be frozen: {frozen}."));

        MapCreation Refused(int entry, Errno errno, string reason) =>
            new(null, errno, Diagnostic.Error("RPS5103", $"Map '{map.Spec.Name}': entry {entry} of its contents is refused: {reason}."));
    }

    /// <summary>A refusal of BPF_MAP_CREATE.</summary>
    public static MapCreation Refuse(MapSpec spec, Errno errno, string reason) =>
        new(null, errno, Diagnostic.Error("RPS5101", $"Map '{spec.Name}' ({spec.Type}) cannot be created: {reason} ({errno})."));

    /// <summary>The checks that every kind of array has in common: key size 4, at least one entry, a value, flags. Null when they pass.</summary>
    /// <param name="spec">Attributes to check.</param>
    /// <param name="allowed">Flags that the type takes.</param>
    public static MapCreation? CheckArray(MapSpec spec, MapFlags allowed) =>
        spec.KeySize != 4 ? Refuse(spec, Errno.EINVAL, "the key size must be 4")
        : CheckSizes(spec) ?? CheckFlags(spec, allowed);

    private static MapCreation? CheckSizes(MapSpec spec) =>
        spec.MaxEntries == 0 ? Refuse(spec, Errno.EINVAL, "max_entries must not be 0")
        : spec.KeySize == 0 ? Refuse(spec, Errno.EINVAL, "the key size must not be 0")
        : spec.ValueSize == 0 ? Refuse(spec, Errno.EINVAL, "the value size must not be 0")
        : null;

    private static MapCreation? CheckFlags(MapSpec spec, MapFlags allowed) =>
        (spec.Flags & ~allowed) is not MapFlags.None and MapFlags odd ? Refuse(spec, Errno.EINVAL, $"flags {odd} do not apply to this type")
        : spec.Flags.HasFlag(MapFlags.ReadOnly | MapFlags.WriteOnly) ? Refuse(spec, Errno.EINVAL, "read-only and write-only exclude each other")
        : spec.Flags.HasFlag(MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram) ? Refuse(spec, Errno.EINVAL, "read-only and write-only for programs exclude each other")
        : null;

    private static MapCreation? CheckHash(MapSpec spec, MapFlags alsoAllowed) =>
        CheckFlags(spec, MapFlags.NoPreallocation | MapFlags.ZeroSeed | Access | alsoAllowed)
        ?? CheckSizes(spec)
        ?? ((long)(uint)spec.KeySize + (uint)spec.ValueSize >= LargestAllocation - HashElementHeader ? Refuse(spec, Errno.E2BIG, "key and value are too large")
            : (uint)spec.MaxEntries > LargestHash ? Refuse(spec, Errno.E2BIG, "max_entries is too large")
            : null);

    private static MapCreation? CheckLru(MapSpec spec, MapFlags alsoAllowed, int cpuCount) =>
        CheckFlags(spec, MapFlags.NoPreallocation | MapFlags.NoCommonLru | MapFlags.NumaNode | MapFlags.ZeroSeed | Access)
        ?? (spec.Flags.HasFlag(MapFlags.NoPreallocation) ? Refuse(spec, Errno.ENOTSUPP, "an LRU map has all its elements from the beginning")
            : spec.Flags.HasFlag(MapFlags.NumaNode) && (spec.Flags.HasFlag(MapFlags.NoCommonLru) || alsoAllowed == MapFlags.None) ? Refuse(spec, Errno.EINVAL, "NumaNode goes with neither values nor LRU lists per CPU")
            : null)
        ?? CheckHash(spec, MapFlags.NoCommonLru | MapFlags.NumaNode)
        ?? CheckMemory(spec, (long)spec.MaxEntries * (spec.Type == MapType.LruPerCpuHash ? cpuCount : 1));

    // With lists per CPU each CPU gets the same number of elements (htab_map_alloc).
    private static MapSpec WithEqualShares(MapSpec spec, int cpuCount) =>
        spec.Flags.HasFlag(MapFlags.NoCommonLru) ? spec with { MaxEntries = (spec.MaxEntries - 1) / cpuCount * cpuCount + cpuCount } : spec;

    private static MapCreation? CheckKeyless(MapSpec spec, MapFlags allowed) =>
        spec.MaxEntries == 0 ? Refuse(spec, Errno.EINVAL, "max_entries must not be 0")
        : spec.KeySize != 0 ? Refuse(spec, Errno.EINVAL, "there are no keys: the key size must be 0")
        : spec.ValueSize == 0 ? Refuse(spec, Errno.EINVAL, "the value size must not be 0")
        : CheckFlags(spec, allowed)
        ?? ((uint)spec.ValueSize > LargestAllocation ? Refuse(spec, Errno.E2BIG, "the value size is too large") : null);

    private static MapCreation? CheckBloom(MapSpec spec) =>
        ((uint)spec.ValueSize > LargestAllocation ? Refuse(spec, Errno.E2BIG, "the value size is too large") : null)
        ?? CheckKeyless(spec, MapFlags.NumaNode | MapFlags.ZeroSeed | Access)
        ?? (spec.Extra > 15 ? Refuse(spec, Errno.EINVAL, "map_extra is the number of hashes, at most 15") : null);

    private static MapCreation? CheckRing(MapSpec spec) =>
        (spec.Flags & ~MapFlags.NumaNode) is not MapFlags.None and MapFlags odd ? Refuse(spec, Errno.EINVAL, $"flags {odd} do not apply to this type")
        : spec.KeySize != 0 || spec.ValueSize != 0 ? Refuse(spec, Errno.EINVAL, "a ring buffer has no keys and values: both sizes must be 0")
        : !BitOperations.IsPow2((uint)spec.MaxEntries) || (uint)spec.MaxEntries < PageSize ? Refuse(spec, Errno.EINVAL, "max_entries is the size in bytes: a power of two, at least a page of 4096")
        : (uint)spec.MaxEntries > LargestRing ? Refuse(spec, Errno.ENOMEM, "it is too large")
        : null;

    private static MapCreation? CheckSpinLock(MapSpec spec) =>
        spec.SpinLockOffset is not int offset ? null
        : offset < 0 || offset > spec.ValueSize - SpinLockField.Size ? Refuse(spec, Errno.EINVAL, "the spin lock must lie within the value")
        : offset % SpinLockField.Size != 0 ? Refuse(spec, Errno.EFAULT, "the spin lock must lie on a multiple of 4")
        : (spec.Flags & (MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram)) != MapFlags.None ? Refuse(spec, Errno.EACCES, "programs that take a spin lock read and write")
        : spec.Type is not (MapType.Hash or MapType.Array) ? Refuse(spec, Errno.EOPNOTSUPP, "its values cannot have a spin lock")
        : null;

    private static MapCreation? CheckPerCpu(MapSpec spec) =>
        (((long)(uint)spec.ValueSize + 7) & ~7L) > LargestPerCpuValue ? Refuse(spec, Errno.E2BIG, "a per-CPU value has at most 32768 bytes") : null;

    private static MapCreation? CheckTrie(MapSpec spec) =>
        !spec.Flags.HasFlag(MapFlags.NoPreallocation) ? Refuse(spec, Errno.EINVAL, "an LPM trie must have the flag NoPreallocation")
        : CheckFlags(spec, MapFlags.NoPreallocation | MapFlags.NumaNode | Access)
        ?? (spec.MaxEntries == 0 ? Refuse(spec, Errno.EINVAL, "max_entries must not be 0")
            : spec.KeySize is < 5 or > 4 + TrieDataMost ? Refuse(spec, Errno.EINVAL, "the key must have 4 bytes of prefix length and 1 to 256 bytes of data")
            : spec.ValueSize == 0 || (uint)spec.ValueSize > LargestAllocation - TrieDataMost - TrieNodeHeader ? Refuse(spec, Errno.EINVAL, "the value size is 0 or too large")
            : null);

    private static MapCreation? CheckFileArray(MapSpec spec) =>
        CheckArray(spec, MapFlags.NumaNode | UserAccess)
        ?? (spec.ValueSize != 4 ? Refuse(spec, Errno.EINVAL, "the value size must be 4") : CheckMemory(spec, spec.MaxEntries));

    private static MapCreation? CheckInner(MapSpec spec) =>
        spec.ValueSize != 4 ? Refuse(spec, Errno.EINVAL, "the value size must be 4")
        : spec.Inner is not MapSpec inner ? Refuse(spec, Errno.EINVAL, "a map of maps needs a template for its inner maps")
        : inner.Type is MapType.ArrayOfMaps or MapType.HashOfMaps ? Refuse(spec, Errno.EINVAL, "the inner maps must not be maps of maps")
        : inner.Type == MapType.ProgArray ? Refuse(spec, Errno.ENOTSUPP, "a PROG_ARRAY cannot be an inner map")
        : null;

    // What the kernel could allocate, and an array of .NET or 32 bits of offset cannot hold, is out of memory here.
    private static MapCreation? CheckMemory(MapSpec spec, long rows) =>
        CheckCount(spec) ?? (spec.ValueSize < 0 || rows > MemoryRegion.MostRows(spec.ValueSize) ? Refuse(spec, Errno.ENOMEM, "it is too large") : null);

    private static MapCreation? CheckCount(MapSpec spec) => spec.MaxEntries < 0 ? Refuse(spec, Errno.ENOMEM, "max_entries is too large") : null;
}
