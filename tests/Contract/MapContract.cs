using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Contract;

/// <summary>The other maps that policies use: ARRAY, PERCPU_ARRAY, LPM_TRIE, ARRAY_OF_MAPS.</summary>
public abstract class MapContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const MapFlags Trie = MapFlags.NoPreallocation;

    private static MapSpec Array { get; } = new("array", MapType.Array, 4, 8, 3);

    private static MapSpec PerCpu { get; } = new("percpu", MapType.PerCpuArray, 4, 8, 3);

    private static MapSpec Lpm { get; } = new("lpm", MapType.LpmTrie, 8, 4, 3, Trie);

    [Theory]
    [InlineData(MapType.Array, 4, 8, 3, MapFlags.None, Errno.None)]
    [InlineData(MapType.Array, 4, 1, 1, MapFlags.None, Errno.None)]
    [InlineData(MapType.Array, 4, 0, 1, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.Array, 8, 8, 1, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.Array, 0, 8, 1, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.Array, 4, 8, 0, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, MapFlags.Mmapable, Errno.None)]
    [InlineData(MapType.Array, 4, 8, 1, MapFlags.InnerMap, Errno.None)]
    [InlineData(MapType.Array, 4, 8, 1, MapFlags.ReadOnlyProgram, Errno.None)]
    [InlineData(MapType.Array, 4, 8, 1, MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram, Errno.EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, MapFlags.NoPreallocation, Errno.EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, MapFlags.NoCommonLru, Errno.EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, MapFlags.ZeroSeed, Errno.EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, MapFlags.PreserveElements, Errno.EINVAL)]
    [InlineData(MapType.PerCpuArray, 4, 8, 3, MapFlags.None, Errno.None)]
    [InlineData(MapType.PerCpuArray, 4, 0, 3, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.PerCpuArray, 8, 8, 3, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.PerCpuArray, 4, 8, 0, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.PerCpuArray, 4, 32768, 1, MapFlags.None, Errno.None)]
    [InlineData(MapType.PerCpuArray, 4, 32769, 1, MapFlags.None, Errno.E2BIG)]
    [InlineData(MapType.PerCpuArray, 4, 8, 3, MapFlags.Mmapable, Errno.EINVAL)]
    [InlineData(MapType.PerCpuArray, 4, 8, 3, MapFlags.InnerMap, Errno.EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 4, 3, Trie, Errno.None)]
    [InlineData(MapType.LpmTrie, 20, 4, 3, Trie, Errno.None)]
    [InlineData(MapType.LpmTrie, 5, 1, 1, Trie, Errno.None)]
    [InlineData(MapType.LpmTrie, 4, 4, 3, Trie, Errno.EINVAL)]
    [InlineData(MapType.LpmTrie, 260, 4, 3, Trie, Errno.None)]
    [InlineData(MapType.LpmTrie, 261, 4, 3, Trie, Errno.EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 0, 3, Trie, Errno.EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 4, 0, Trie, Errno.EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 4, 3, MapFlags.None, Errno.EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 4, 3, Trie | MapFlags.InnerMap, Errno.EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 4, 3, Trie | MapFlags.ReadOnlyProgram, Errno.None)]
    public void Creation(MapType type, int keySize, int valueSize, int maxEntries, MapFlags flags, Errno expected) =>
        Assert.Equal(expected, Refusal(() => CreateMap(new MapSpec("made", type, keySize, valueSize, maxEntries, flags))));

    [Fact]
    public void Ids_are_unique_and_specs_kept()
    {
        IBackendMap first = CreateMap(Array);
        IBackendMap second = CreateMap(Array);

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(Array, first.Spec);
    }

    [Theory]
    [InlineData(0, MapUpdateFlags.Any, Errno.None)]
    [InlineData(2, MapUpdateFlags.Exist, Errno.None)]
    [InlineData(0, MapUpdateFlags.NoExist, Errno.EEXIST)]
    [InlineData(3, MapUpdateFlags.Any, Errno.E2BIG)]
    [InlineData(3, MapUpdateFlags.NoExist, Errno.E2BIG)]
    [InlineData(uint.MaxValue, MapUpdateFlags.Any, Errno.E2BIG)]
    [InlineData(0, (MapUpdateFlags)3, Errno.EINVAL)]
    [InlineData(3, (MapUpdateFlags)8, Errno.EINVAL)]
    [InlineData(0, MapUpdateFlags.Lock, Errno.EINVAL)]
    public void Array_update(uint index, MapUpdateFlags flags, Errno expected)
    {
        foreach (MapSpec spec in (MapSpec[])[Array, PerCpu])
        {
            IBackendMap map = CreateMap(spec);
            byte[] value = [.. Enumerable.Repeat((byte)7, Length(spec))];

            Assert.Equal(expected, Refusal(() => map.Update(Key(index), value, flags)));
            for (uint slot = 0; slot < 3; slot++)
            {
                Assert.Equal(expected == Errno.None && slot == index ? value : new byte[value.Length], map.Lookup(Key(slot)));
            }

            Assert.Null(map.Lookup(Key(3)));
            Assert.Equal(Errno.EINVAL, Refusal(() => map.Delete(Key(index))));
        }
    }

    [Fact]
    public void Array_keys_are_all_listed()
    {
        foreach (MapSpec spec in (MapSpec[])[Array, PerCpu])
        {
            IBackendMap map = CreateMap(spec);

            Assert.Equal([Key(0), Key(1), Key(2)], Keys(map));
            Assert.Equal(Key(0), map.NextKey(Key(3)));
            Assert.Equal(Key(0), map.NextKey(Key(uint.MaxValue)));
        }
    }

    /// <summary>A value per CPU, each on 8 bytes; what lies in the padding does not come back.</summary>
    [Theory]
    [InlineData(1, 8)]
    [InlineData(4, 8)]
    [InlineData(8, 8)]
    [InlineData(12, 16)]
    [InlineData(24, 24)]
    public void Per_cpu_values(int valueSize, int stride)
    {
        IBackendMap map = CreateMap(PerCpu with { ValueSize = valueSize });
        int cpus = Backend.Info.CpuCount;
        byte[] value = [.. Enumerable.Range(0, cpus * stride).Select(i => (byte)(i % stride < valueSize ? 1 + i : 0))];
        map.Update(Key(1), value);

        Assert.Equal(value, map.Lookup(Key(1)));
        Assert.Equal(new byte[cpus * stride], map.Lookup(Key(0)));
    }

    /// <summary>A trie of 10.0.0.0/8 (value 1), 10.7.0.0/16 (2) and 0.0.0.0/0 (3): the longest prefix that matches is found, among prefixes no longer than asked.</summary>
    [Theory]
    [InlineData(32, "10.7.0.1", 2)]
    [InlineData(32, "10.8.0.1", 1)]
    [InlineData(32, "11.0.0.1", 3)]
    [InlineData(16, "10.7.0.0", 2)]
    [InlineData(15, "10.7.0.0", 1)]
    [InlineData(8, "10.0.0.0", 1)]
    [InlineData(7, "10.0.0.0", 3)]
    [InlineData(0, "0.0.0.0", 3)]
    [InlineData(33, "10.7.0.1", 0)]
    public void Trie_lookup(int length, string address, int expected)
    {
        IBackendMap map = CreateMap(Lpm);
        map.Update(Prefix(8, "10.0.0.0"), Bytes(1, 4));
        map.Update(Prefix(16, "10.7.0.0"), Bytes(2, 4));
        map.Update(Prefix(0, "0.0.0.0"), Bytes(3, 4));

        Assert.Equal(expected == 0 ? null : Bytes((ulong)expected, 4), map.Lookup(Prefix(length, address)));
    }

    [Theory]
    [InlineData(8, "10.0.0.0", MapUpdateFlags.Any, Errno.None)]
    [InlineData(8, "10.0.0.0", MapUpdateFlags.Exist, Errno.None)]
    [InlineData(8, "10.0.0.0", MapUpdateFlags.NoExist, Errno.EEXIST)]
    [InlineData(8, "10.255.0.0", MapUpdateFlags.NoExist, Errno.EEXIST)]
    [InlineData(9, "10.0.0.0", MapUpdateFlags.NoExist, Errno.None)]
    [InlineData(9, "10.0.0.0", MapUpdateFlags.Exist, Errno.ENOENT)]
    [InlineData(12, "10.0.0.0", MapUpdateFlags.Exist, Errno.ENOENT)]
    [InlineData(33, "10.0.0.0", MapUpdateFlags.Any, Errno.EINVAL)]
    [InlineData(8, "10.0.0.0", (MapUpdateFlags)3, Errno.EINVAL)]
    [InlineData(8, "10.0.0.0", MapUpdateFlags.Lock, Errno.EINVAL)]
    public void Trie_update(int length, string address, MapUpdateFlags flags, Errno expected)
    {
        IBackendMap map = CreateMap(Lpm);
        map.Update(Prefix(8, "10.0.0.0"), Bytes(1, 4));

        Assert.Equal(expected, Refusal(() => map.Update(Prefix(length, address), Bytes(9, 4), flags)));
        Assert.Equal(expected == Errno.None ? 9UL : 1UL, BitConverter.ToUInt32(map.Lookup(Prefix(32, "10.0.0.1"))!));
    }

    [Fact]
    public void A_full_trie()
    {
        IBackendMap map = CreateMap(Lpm with { MaxEntries = 2 });
        map.Update(Prefix(8, "10.0.0.0"), Bytes(1, 4));
        map.Update(Prefix(8, "12.0.0.0"), Bytes(2, 4));

        Assert.Equal(Errno.ENOSPC, Refusal(() => map.Update(Prefix(8, "13.0.0.0"), Bytes(3, 4))));
        Assert.Null(map.Lookup(Prefix(32, "13.0.0.1")));
        map.Delete(Prefix(8, "10.0.0.0"));
        map.Update(Prefix(8, "13.0.0.0"), Bytes(3, 4));
        Assert.Equal(Bytes(3, 4), map.Lookup(Prefix(32, "13.0.0.1")));
    }

    [Theory]
    [InlineData(8, "10.0.0.0", Errno.None)]
    [InlineData(16, "10.0.0.0", Errno.ENOENT)]
    [InlineData(7, "10.0.0.0", Errno.ENOENT)]
    [InlineData(33, "10.0.0.0", Errno.EINVAL)]
    public void Trie_delete(int length, string address, Errno expected)
    {
        IBackendMap map = CreateMap(Lpm);
        map.Update(Prefix(8, "10.0.0.0"), Bytes(1, 4));
        map.Update(Prefix(24, "10.0.0.0"), Bytes(2, 4));

        Assert.Equal(expected, Refusal(() => map.Delete(Prefix(length, address))));
        Assert.Equal(expected == Errno.None ? null : Bytes(1, 4), map.Lookup(Prefix(32, "10.9.0.1")));
        Assert.Equal(Bytes(2, 4), map.Lookup(Prefix(32, "10.0.0.1")));
    }

    [Fact]
    public void Trie_keys_are_listed_longer_prefixes_first()
    {
        IBackendMap map = CreateMap(Lpm with { MaxEntries = 8 });
        Assert.Empty(Keys(map));
        byte[][] keys = [Prefix(8, "10.0.0.0"), Prefix(16, "10.7.0.0"), Prefix(0, "0.0.0.0"), Prefix(9, "10.128.0.0"), Prefix(8, "192.0.0.0")];
        foreach (byte[] key in keys)
        {
            map.Update(key, Bytes(1, 4));
        }

        Assert.Equal([keys[1], keys[3], keys[0], keys[4], keys[2]], Keys(map));
    }

    /// <summary>What may be put into a map of maps whose template is the array above with another number of entries, or the trie.</summary>
    [Theory]
    [InlineData("array", "array", Errno.None)]
    [InlineData("array", "longer", Errno.EINVAL)]
    [InlineData("array inner", "longer inner", Errno.None)]
    [InlineData("array inner", "array", Errno.EINVAL)]
    [InlineData("array inner", "longer", Errno.EINVAL)]
    [InlineData("array", "array inner", Errno.EINVAL)]
    [InlineData("array", "wider", Errno.EINVAL)]
    [InlineData("array inner", "wider inner", Errno.EINVAL)]
    [InlineData("array", "percpu", Errno.EINVAL)]
    [InlineData("array", "lpm", Errno.EINVAL)]
    [InlineData("lpm", "lpm", Errno.None)]
    [InlineData("lpm", "lpm longer", Errno.None)]
    [InlineData("lpm", "lpm wider", Errno.EINVAL)]
    [InlineData("lpm", "lpm v6", Errno.EINVAL)]
    [InlineData("lpm", "array", Errno.EINVAL)]
    [InlineData("seats", "seats", Errno.None)]
    public void Map_of_maps_update(string template, string inner, Errno expected)
    {
        IBackendMap outer = CreateMap(Outer(template));
        IBackendMap map = CreateMap(Named(inner));

        Assert.Equal(expected, Refusal(() => outer.UpdateMap(1, map)));
        Assert.Equal(expected == Errno.None ? Bytes(map.Id, 4) : null, outer.Lookup(Key(1)));
        Assert.Null(outer.Lookup(Key(0)));
    }

    [Fact]
    public void Map_of_maps_entries()
    {
        IBackendMap outer = CreateMap(Outer("array"));
        IBackendMap first = CreateMap(Array);
        IBackendMap second = CreateMap(Array);
        outer.UpdateMap(0, first);
        outer.UpdateMap(0, second);

        Assert.Equal(Bytes(second.Id, 4), outer.Lookup(Key(0)));
        Assert.Equal(Errno.E2BIG, Refusal(() => outer.UpdateMap(2, first)));
        Assert.Equal(Errno.E2BIG, Refusal(() => outer.Delete(Key(2))));
        Assert.Equal(Errno.ENOENT, Refusal(() => outer.Delete(Key(1))));
        Assert.Null(outer.Lookup(Key(2)));
        Assert.Equal([Key(0), Key(1)], Keys(outer));
        outer.Delete(Key(0));
        Assert.Null(outer.Lookup(Key(0)));
        Assert.Equal(Errno.ENOENT, Refusal(() => outer.Delete(Key(0))));
    }

    [Theory]
    [InlineData(4, 4, 0, Errno.EINVAL)]
    [InlineData(8, 4, 2, Errno.EINVAL)]
    [InlineData(4, 8, 2, Errno.EINVAL)]
    [InlineData(4, 4, 2, Errno.None)]
    public void Map_of_maps_create(int keySize, int valueSize, int maxEntries, Errno expected) => Assert.Equal(
        expected, Refusal(() => CreateMap(new MapSpec("outer", MapType.ArrayOfMaps, keySize, valueSize, maxEntries) { Inner = Array })));

    [Fact]
    public void Maps_of_maps_do_not_nest() => Assert.Equal(
        Errno.EINVAL, Refusal(() => CreateMap(new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 2) { Inner = Outer("array") })));

    [Fact]
    public void Contents_are_there_from_the_start_and_frozen_when_so_said()
    {
        MapSpec spec = Array with
        {
            Contents = [new MapEntry([.. Key(0)], [.. Bytes(5, 8)]), new MapEntry([.. Key(2)], [.. Bytes(6, 8)])],
            Frozen = true,
        };
        IBackendMap map = CreateMap(spec);

        Assert.Equal([Bytes(5, 8), Bytes(0, 8), Bytes(6, 8)], ((uint[])[0, 1, 2]).Select(key => map.Lookup(Key(key))!));
        Assert.Equal(Errno.EPERM, Refusal(() => map.Update(Key(0), Bytes(1, 8))));
        Assert.Equal(Errno.EPERM, Refusal(map.Freeze));
    }

    [Fact]
    public void Contents_that_do_not_fit_are_refused() => Assert.Equal(
        Errno.E2BIG, Refusal(() => CreateMap(Array with { Contents = [new MapEntry([.. Key(3)], [.. Bytes(5, 8)])] })));

    [Theory]
    [InlineData("array")]
    [InlineData("percpu")]
    [InlineData("lpm")]
    public void Frozen(string name)
    {
        MapSpec spec = Named(name);
        IBackendMap map = CreateMap(spec);
        byte[] key = spec.KeySize == 4 ? Key(0) : Prefix(8, "10.0.0.0");
        map.Update(key, new byte[Length(spec)]);
        map.Freeze();

        Assert.Equal(Errno.EPERM, Refusal(() => map.Update(key, new byte[Length(spec)])));
        Assert.Equal(Errno.EPERM, Refusal(() => map.Delete(key)));
        Assert.NotNull(map.Lookup(key));
        Assert.Equal(Errno.EPERM, Refusal(map.Freeze));
    }

    [Theory]
    [InlineData(MapFlags.ReadOnly, Errno.EPERM, Errno.None)]
    [InlineData(MapFlags.WriteOnly, Errno.None, Errno.EPERM)]
    [InlineData(MapFlags.ReadOnlyProgram, Errno.None, Errno.None)]
    public void A_descriptor_for_one_direction(MapFlags flags, Errno update, Errno lookup)
    {
        IBackendMap map = CreateMap(Array with { Flags = flags });

        Assert.Equal(update, Refusal(() => map.Update(Key(0), Bytes(1, 8))));
        Assert.Equal(lookup, Refusal(() => map.Lookup(Key(0))));
        Assert.Equal(lookup, Refusal(() => map.NextKey([])));
    }

    private static MapSpec Named(string name) => name switch
    {
        "array" => Array,
        "array inner" => Array with { Flags = MapFlags.InnerMap },
        "longer" => Array with { MaxEntries = 9 },
        "longer inner" => Array with { MaxEntries = 9, Flags = MapFlags.InnerMap },
        "wider" => Array with { ValueSize = 16 },
        "wider inner" => Array with { ValueSize = 16, Flags = MapFlags.InnerMap },
        "percpu" => PerCpu,
        "lpm" => Lpm,
        "lpm longer" => Lpm with { MaxEntries = 99 },
        "lpm wider" => Lpm with { ValueSize = 8 },
        "lpm v6" => Lpm with { KeySize = 20 },
        "seats" => TestPrograms.Seats,
        _ => throw new ArgumentException(name),
    };

    private static MapSpec Outer(string template) => new("outer", MapType.ArrayOfMaps, 4, 4, 2) { Inner = Named(template) };

    private static ImmutableArray<byte[]> Keys(IBackendMap map)
    {
        ImmutableArray<byte[]>.Builder keys = ImmutableArray.CreateBuilder<byte[]>();
        for (byte[]? key = map.NextKey([]); key is not null; key = map.NextKey(key))
        {
            keys.Add(key);
        }

        return keys.ToImmutable();
    }

    private static byte[] Prefix(int length, string address) => [.. Key((uint)length), .. System.Net.IPAddress.Parse(address).GetAddressBytes()];

    private int Length(MapSpec spec) => spec.Type == MapType.PerCpuArray ? spec.ValueSize * Backend.Info.CpuCount : spec.ValueSize;
}
