using System.Buffers.Binary;
using System.Collections.Immutable;

namespace ReuseportPS.Engine.Maps;

/// <summary>A map as plain data: what BPF_MAP_CREATE is given, and what the map holds at the start. A backend makes the live map.</summary>
/// <param name="Name">Name, at most 15 characters of [A-Za-z0-9_.]; the kernel's BPF_OBJ_NAME_LEN.</param>
/// <param name="Type">Map type.</param>
/// <param name="KeySize">Key size in bytes.</param>
/// <param name="ValueSize">Value size in bytes; for a map of maps 4.</param>
/// <param name="MaxEntries">Largest number of entries.</param>
/// <param name="Flags">Creation flags.</param>
public sealed record MapSpec(string Name, MapType Type, int KeySize, int ValueSize, int MaxEntries, MapFlags Flags = MapFlags.None)
{
    /// <summary>For a map of maps: the template that inner maps must match.</summary>
    public MapSpec? Inner { get; init; }

    /// <summary><c>map_extra</c>: for a BLOOM_FILTER its number of hashes, 1 to 15, or 0 for 5.</summary>
    public ulong Extra { get; init; }

    /// <summary>Where in a value there is a <c>struct bpf_spin_lock</c> of 4 bytes, or null: HASH and ARRAY. (In the kernel, BTF of the value says so.)</summary>
    public int? SpinLockOffset { get; init; }

    /// <summary>Entries written after creation, before any program runs.</summary>
    public ImmutableArray<MapEntry> Contents { get; init; } = [];

    /// <summary>Whether BPF_MAP_FREEZE follows the contents.</summary>
    public bool Frozen { get; init; }

    /// <summary>Types of key and value; a value with a spin lock or a timer needs them. Null when they are not known.</summary>
    public MapBtf? Btf { get; init; }

    /// <summary>The NUMA node of its memory, with <see cref="MapFlags.NumaNode"/>.</summary>
    public int NumaNode { get; init; }

    // Not printed: the fingerprint of a program is made of how its maps print.
    private ImmutableArray<byte> _values = [];

    /// <summary>The same map with the values of an ARRAY from key 0 on, one after the other, in the place of <see cref="Contents"/>: a large table without an object for each entry.</summary>
    /// <param name="values">A whole number of values; none for none.</param>
    public MapSpec WithValues(ImmutableArray<byte> values) => values.IsEmpty || (ValueSize > 0 && values.Length % ValueSize == 0)
        ? this with { _values = values, Contents = [] }
        : throw new ArgumentException($"{values.Length} bytes are no whole number of values of {ValueSize}.", nameof(values));

    /// <summary>What <see cref="WithValues"/> was given.</summary>
    public ReadOnlySpan<byte> GetValues() => _values.AsSpan();

    /// <summary>Everything that is written after creation, as entries.</summary>
    public IEnumerable<MapEntry> GetEntries()
    {
        for (int index = 0; index * ValueSize < _values.Length; index++)
        {
            byte[] key = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(key, index);
            yield return new MapEntry([.. key], _values.Slice(index * ValueSize, ValueSize));
        }

        foreach (MapEntry entry in Contents)
        {
            yield return entry;
        }
    }
}
