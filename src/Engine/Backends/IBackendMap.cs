using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Backends;

/// <summary>A live map. Keys and values are bytes in the machine's layout; a value of a per-CPU map is one value per possible CPU, each rounded up to 8 bytes.</summary>
public interface IBackendMap : IDisposable
{
    /// <summary>What it was made from; a map opened from a pin has no contents here.</summary>
    MapSpec Spec { get; }

    /// <summary>The kernel's id.</summary>
    uint Id { get; }

    /// <summary>BPF_MAP_LOOKUP_ELEM; null for ENOENT. A sockarray answers with the 8-byte cookie. With an empty key the peek of a QUEUE or STACK.</summary>
    byte[]? Lookup(ReadOnlySpan<byte> key);

    /// <summary>BPF_MAP_LOOKUP_AND_DELETE_ELEM of a hash; with an empty key the pop of a QUEUE or STACK. Null for ENOENT.</summary>
    byte[]? LookupAndDelete(ReadOnlySpan<byte> key);

    /// <summary>BPF_MAP_LOOKUP_ELEM of a BLOOM_FILTER: whether a value may have been put in.</summary>
    bool Contains(ReadOnlySpan<byte> value);

    /// <summary>The next record of a RINGBUF, which leaves it; null when there is none yet. A ring buffer has one consumer.</summary>
    byte[]? Consume();

    /// <summary>BPF_MAP_UPDATE_ELEM. With an empty key the push to a QUEUE, STACK or BLOOM_FILTER.</summary>
    void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any);

    /// <summary>Writes the contents of a spec, many entries at a time where that can be (BPF_MAP_UPDATE_BATCH). What else is in the map stays.</summary>
    void UpdateAll(MapSpec contents)
    {
        foreach (MapEntry entry in contents.GetEntries())
        {
            Update(entry.Key.AsSpan(), entry.Value.AsSpan());
        }
    }

    /// <summary>BPF_MAP_UPDATE_ELEM of a socket map with keys of 4 bytes.</summary>
    void UpdateSocket(uint index, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any);

    /// <summary>BPF_MAP_UPDATE_ELEM of a socket map: REUSEPORT_SOCKARRAY, SOCKMAP or SOCKHASH. A socket is in the former or in the latter two, never in both (EBUSY).</summary>
    void UpdateSocket(ReadOnlySpan<byte> key, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any);

    /// <summary>BPF_MAP_UPDATE_ELEM of a map of maps.</summary>
    void UpdateMap(uint index, IBackendMap inner);

    /// <summary>BPF_MAP_UPDATE_ELEM of a PROG_ARRAY. In the kernel its programs go when the last descriptor or pin of the map goes.</summary>
    void UpdateProgram(uint index, IBackendProgram program);

    /// <summary>BPF_MAP_DELETE_ELEM.</summary>
    void Delete(ReadOnlySpan<byte> key);

    /// <summary>BPF_MAP_GET_NEXT_KEY; an empty key asks for the first; null at the end.</summary>
    byte[]? NextKey(ReadOnlySpan<byte> key);

    /// <summary>BPF_MAP_FREEZE: user space can write no more.</summary>
    void Freeze();
}
