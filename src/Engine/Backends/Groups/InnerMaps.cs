using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>
/// The inner maps of one map of maps, of both banks. They are made and pinned once, and rewritten in place whenever their bank is idle: making a map takes CAP_BPF, writing it file permission alone. One that
/// does not take what is to be written, or whose pin is missing (layouts 1 and 2), gives way to a new one.
/// </summary>
/// <param name="backend">The backend.</param>
/// <param name="outer">The map of maps.</param>
/// <param name="name">Its name, which those of the pins begin with.</param>
/// <param name="perBank">Inner maps of a bank.</param>
internal sealed class InnerMaps(IReuseportBackend backend, IBackendMap outer, string name, int perBank) : IDisposable
{
    /// <summary>Least entries of a trie, which takes memory only for those that it has.</summary>
    private const int LeastRoom = 64;

    private readonly IBackendMap?[] _maps = new IBackendMap?[2 * perBank];

    /// <summary>Opens a pin, or answers null: asked when a bank is to be filled, for who only looks needs no inner map. Null where they are made here.</summary>
    public Func<string, IBackendMap?>? Open { get; init; }

    /// <summary>The maps that were made here and must be pinned, with the names of their pins.</summary>
    public IEnumerable<(string Pin, IBackendMap Map)> Made => _maps.Index().Where(pair => pair.Item is not null).Select(pair => (PinOf(pair.Index), pair.Item!));

    /// <summary>Whether a bank can be filled without a new map.</summary>
    public bool Takes(int bank, ImmutableArray<MapSpec> data) => data.Index().All(pair => MapAt((bank * perBank) + pair.Index) is IBackendMap map && Takes(map.Spec, pair.Item));

    /// <summary>Has a bank, which nobody reads, hold data and nothing else. Who is stopped on the way leaves it to be filled again.</summary>
    /// <param name="bank">The bank.</param>
    /// <param name="data">What its maps are to hold.</param>
    /// <param name="pin">Pins a map that is made; called before it gets its place, so that who is stopped in between leaves a pin that the next one finds without its place, and not a map in use that nobody can write.</param>
    /// <returns>Whether a map was made.</returns>
    public bool Fill(int bank, ImmutableArray<MapSpec> data, Action<string, IBackendMap> pin)
    {
        bool made = false;
        for (int index = 0; index < data.Length; index++)
        {
            int position = (bank * perBank) + index;
            if (MapAt(position) is IBackendMap map && Takes(map.Spec, data[index]))
            {
                Rewrite(map, data[index]);
            }
            else
            {
                map = Make(data[index], PinOf(position), pin);
                _maps[position]?.Dispose();
                _maps[position] = map;
                made = true;
            }

            if (!HasPlace(position, map))
            {
                outer.UpdateMap((uint)position, map);
            }
        }

        return made;
    }

    public void Dispose()
    {
        foreach (IBackendMap? map in _maps)
        {
            map?.Dispose();
        }
    }

    // A trie that is full may refuse to have an entry written again (Linux before 6.13).
    private static bool Takes(MapSpec there, MapSpec data) =>
        (there.Type, there.KeySize, there.ValueSize, there.Flags) == (data.Type, data.KeySize, data.ValueSize, data.Flags) &&
        (data.Type == MapType.LpmTrie ? data.Contents.Length < there.MaxEntries : data.MaxEntries == there.MaxEntries);

    private static MapSpec WithRoom(MapSpec data) => data.Type == MapType.LpmTrie
        ? data with { MaxEntries = (int)Math.Min(1 << 30, Math.Max(LeastRoom, BitOperations.RoundUpToPowerOf2(2 * (ulong)data.Contents.Length))) }
        : data;

    private static void Rewrite(IBackendMap map, MapSpec data)
    {
        if (data.Type == MapType.LpmTrie)
        {
            HashSet<ImmutableArray<byte>> wanted = new(data.Contents.Select(entry => entry.Key), KeyComparer.Instance);
            List<byte[]> gone = [];
            for (byte[]? key = map.NextKey([]); key is not null; key = map.NextKey(key))
            {
                if (!wanted.Contains(ImmutableCollectionsMarshal.AsImmutableArray(key)))
                {
                    gone.Add(key);
                }
            }

            gone.ForEach(key => map.Delete(key));
        }

        map.UpdateAll(data);
    }

    private IBackendMap? MapAt(int position) => _maps[position] ??= Open?.Invoke(PinOf(position));

    private IBackendMap Make(MapSpec data, string pinName, Action<string, IBackendMap> pin)
    {
        IBackendMap map = backend.CreateMap(WithRoom(data));
        try
        {
            pin(pinName, map);
            return map;
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    private bool HasPlace(int position, IBackendMap map) => outer.Lookup(KernelGroup.SlotKey(position)) is byte[] id && BinaryPrimitives.ReadUInt32LittleEndian(id) == map.Id;

    private string PinOf(int position) => string.Create(CultureInfo.InvariantCulture, $"{name}_{position}");

    private sealed class KeyComparer : IEqualityComparer<ImmutableArray<byte>>
    {
        public static KeyComparer Instance { get; } = new();

        public bool Equals(ImmutableArray<byte> x, ImmutableArray<byte> y) => x.AsSpan().SequenceEqual(y.AsSpan());

        public int GetHashCode(ImmutableArray<byte> key)
        {
            HashCode code = default;
            code.AddBytes(key.AsSpan());
            return code.ToHashCode();
        }
    }
}
