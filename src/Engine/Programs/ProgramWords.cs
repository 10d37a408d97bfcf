using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Programs;

/// <summary>How types, attach types and flags are written in a program's text; map types as bpftool writes them.</summary>
internal static class ProgramWords
{
    /// <summary>Program types.</summary>
    public static ImmutableArray<(string Word, ProgramType Value)> ProgramTypes { get; } =
    [
        ("unspec", ProgramType.Unspecified), ("socket_filter", ProgramType.SocketFilter), ("sched_cls", ProgramType.SchedClassifier), ("xdp", ProgramType.Xdp),
        ("sk_reuseport", ProgramType.SkReuseport), ("tracing", ProgramType.Tracing), ("syscall", ProgramType.Syscall),
    ];

    /// <summary>Expected attach types.</summary>
    public static ImmutableArray<(string Word, AttachType Value)> AttachTypes { get; } =
    [
        ("none", AttachType.None), ("trace_iter", AttachType.TraceIterator),
        ("sk_reuseport_select", AttachType.SkReuseportSelect), ("sk_reuseport_select_or_migrate", AttachType.SkReuseportSelectOrMigrate),
    ];

    /// <summary>Map types.</summary>
    public static ImmutableArray<(string Word, MapType Value)> MapTypes { get; } =
    [
        ("unspec", MapType.Unspecified), ("hash", MapType.Hash), ("array", MapType.Array), ("prog_array", MapType.ProgArray), ("perf_event_array", MapType.PerfEventArray),
        ("percpu_hash", MapType.PerCpuHash), ("percpu_array", MapType.PerCpuArray), ("stack_trace", MapType.StackTrace), ("cgroup_array", MapType.CgroupArray),
        ("lru_hash", MapType.LruHash), ("lru_percpu_hash", MapType.LruPerCpuHash), ("lpm_trie", MapType.LpmTrie), ("array_of_maps", MapType.ArrayOfMaps),
        ("hash_of_maps", MapType.HashOfMaps), ("devmap", MapType.DevMap), ("sockmap", MapType.SockMap), ("cpumap", MapType.CpuMap), ("xskmap", MapType.XskMap),
        ("sockhash", MapType.SockHash), ("cgroup_storage", MapType.CgroupStorage), ("reuseport_sockarray", MapType.ReuseportSockArray),
        ("percpu_cgroup_storage", MapType.PerCpuCgroupStorage), ("queue", MapType.Queue), ("stack", MapType.Stack), ("sk_storage", MapType.SkStorage),
        ("devmap_hash", MapType.DevMapHash), ("struct_ops", MapType.StructOps), ("ringbuf", MapType.RingBuf), ("inode_storage", MapType.InodeStorage),
        ("task_storage", MapType.TaskStorage), ("bloom_filter", MapType.BloomFilter), ("user_ringbuf", MapType.UserRingBuf), ("cgrp_storage", MapType.CgrpStorage),
        ("arena", MapType.Arena),
    ];

    /// <summary>Map flags, one bit each.</summary>
    public static ImmutableArray<(string Word, MapFlags Value)> MapFlagBits { get; } =
    [
        ("no_prealloc", MapFlags.NoPreallocation), ("no_common_lru", MapFlags.NoCommonLru), ("numa_node", MapFlags.NumaNode), ("rdonly", MapFlags.ReadOnly),
        ("wronly", MapFlags.WriteOnly), ("zero_seed", MapFlags.ZeroSeed), ("rdonly_prog", MapFlags.ReadOnlyProgram), ("wronly_prog", MapFlags.WriteOnlyProgram),
        ("mmapable", MapFlags.Mmapable), ("preserve_elems", MapFlags.PreserveElements), ("inner_map", MapFlags.InnerMap),
    ];

    /// <summary>The word of a value, or its number.</summary>
    public static string TextOf<T>(ImmutableArray<(string Word, T Value)> words, T value)
        where T : struct, Enum
    {
        foreach ((string word, T candidate) in words)
        {
            if (EqualityComparer<T>.Default.Equals(candidate, value))
            {
                return word;
            }
        }

        return Convert.ToInt32(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Flags with | between them; bits without a word as a number.</summary>
    public static string TextOf(MapFlags flags)
    {
        List<string> words = [];
        foreach ((string word, MapFlags value) in MapFlagBits)
        {
            if ((flags & value) != MapFlags.None)
            {
                words.Add(word);
                flags &= ~value;
            }
        }

        if (flags != MapFlags.None)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"0x{(uint)flags:x}"));
        }

        return string.Join('|', words);
    }
}
