using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Linux.Tests;

public sealed class MapTests : LinuxTest
{
    private static readonly MapSpec s_array = new("values", MapType.Array, 4, 8, 4);

    [Fact]
    public void Contents_are_written_before_the_map_is_frozen()
    {
        LinuxMap map = Map(s_array with { Contents = [new MapEntry([.. Key(2)], [1, 2, 3, 4, 5, 6, 7, 8])], Frozen = true });
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], map.Lookup(Key(2)));
        Assert.Equal(new byte[8], map.Lookup(Key(0)));
        BackendException refused = Assert.Throws<BackendException>(() => map.Update(Key(0), new byte[8]));
        Assert.Equal((Errno.EPERM, "RPS5013"), (refused.Errno, refused.Diagnostics[0].Code));
        Assert.Equal(Errno.EPERM, ErrnoOf(map.Freeze));
    }

    [Fact]
    public void A_per_cpu_value_is_one_for_every_possible_cpu()
    {
        int cpus = Backend.Info.CpuCount;
        LinuxMap map = Map(new MapSpec("counters", MapType.PerCpuArray, 4, 12, 1) { Contents = [new MapEntry([.. Key(0)], [.. Enumerable.Repeat((byte)7, 12)])] });
        byte[] value = map.Lookup(Key(0))!;
        Assert.Equal(16 * cpus, value.Length); // 12 rounded up to 8s
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            Assert.Equal(Enumerable.Repeat((byte)7, 12), value[(cpu * 16)..((cpu * 16) + 12)]);
        }

        byte[] next = [.. Enumerable.Range(0, value.Length).Select(i => (byte)(i % 16 < 12 ? i : 0))];
        map.Update(Key(0), next);
        Assert.Equal(next, map.Lookup(Key(0)));
    }

    [Fact]
    public void Lengths_other_than_the_map_s_never_reach_the_kernel()
    {
        LinuxMap map = Map(s_array);
        Assert.Throws<ArgumentException>(() => map.Lookup(new byte[3]));
        Assert.Throws<ArgumentException>(() => map.Lookup([]));
        Assert.Throws<ArgumentException>(() => map.Update(Key(0), new byte[7]));
        Assert.Throws<ArgumentException>(() => map.Delete(new byte[5]));
        Assert.Throws<ArgumentException>(() => map.NextKey(new byte[1]));
    }

    [Fact]
    public void Hash_tables_create_replace_walk_and_delete()
    {
        LinuxMap map = Map(new MapSpec("table", MapType.Hash, 4, 4, 2));
        Assert.Null(map.NextKey([]));
        map.Update(Key(7), Key(1), MapUpdateFlags.NoExist);
        Assert.Equal(Errno.EEXIST, ErrnoOf(() => map.Update(Key(7), Key(2), MapUpdateFlags.NoExist)));
        Assert.Equal(Errno.ENOENT, ErrnoOf(() => map.Update(Key(8), Key(2), MapUpdateFlags.Exist)));
        map.Update(Key(8), Key(2));
        Assert.Equal(Errno.E2BIG, ErrnoOf(() => map.Update(Key(9), Key(3))));
        byte[] first = map.NextKey([])!;
        byte[] second = map.NextKey(first)!;
        Assert.Equal([7u, 8u], new[] { first, second }.Select(key => MemoryMarshal.Read<uint>(key)).Order());
        Assert.Null(map.NextKey(second));
        map.Delete(Key(7));
        Assert.Null(map.Lookup(Key(7)));
        Assert.Equal(Errno.ENOENT, ErrnoOf(() => map.Delete(Key(7))));
    }

    [Fact]
    public void Longest_prefixes_match()
    {
        LinuxMap map = Map(new MapSpec("prefixes", MapType.LpmTrie, 8, 4, 8, MapFlags.NoPreallocation)
        {
            Contents = [new MapEntry([8, 0, 0, 0, 10, 0, 0, 0], [1, 0, 0, 0]), new MapEntry([16, 0, 0, 0, 10, 1, 0, 0], [2, 0, 0, 0])],
        });
        Assert.Equal(Key(2), map.Lookup([32, 0, 0, 0, 10, 1, 2, 3]));
        Assert.Equal(Key(1), map.Lookup([32, 0, 0, 0, 10, 2, 2, 3]));
        Assert.Null(map.Lookup([32, 0, 0, 0, 11, 2, 2, 3]));
    }

    [Fact]
    public void An_inner_map_is_put_in_place_by_id_and_may_have_another_size()
    {
        MapSpec inner = new("inner", MapType.Array, 4, 4, 1, MapFlags.InnerMap);
        LinuxMap outer = Map(new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 2) { Inner = inner });
        LinuxMap larger = Map(inner with { MaxEntries = 1000 });
        outer.UpdateMap(1, larger);
        Assert.Equal(larger.Id, MemoryMarshal.Read<uint>(outer.Lookup(Key(1))));
        Assert.Null(outer.Lookup(Key(0)));
        Assert.Equal(Errno.EINVAL, ErrnoOf(() => outer.UpdateMap(0, Map(inner with { ValueSize = 8 }))));
        Assert.Throws<InvalidOperationException>(() => Map(s_array with { KeySize = 4, ValueSize = 16 }).UpdateMap(0, larger));
    }

    [Fact]
    public void A_name_that_the_kernel_cannot_keep_is_refused() =>
        Assert.Throws<ArgumentException>(() => Backend.CreateMap(s_array with { Name = "a_name_of_16_ch." }));

    [Fact]
    public void A_closed_map_is_closed()
    {
        LinuxMap map = Map(s_array);
        map.Dispose();
        Assert.Throws<ObjectDisposedException>(() => map.Lookup(Key(0)));
    }

    [Fact]
    public void Waiting_for_readers_returns() => Backend.WaitForReaders();
}
