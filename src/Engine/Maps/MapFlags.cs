namespace ReuseportPS.Engine.Maps;

/// <summary>Flags of BPF_MAP_CREATE, by the kernel's values.</summary>
[Flags]
public enum MapFlags
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>BPF_F_NO_PREALLOC; LPM_TRIE requires it.</summary>
    NoPreallocation = 1,

    /// <summary>BPF_F_NO_COMMON_LRU.</summary>
    NoCommonLru = 1 << 1,

    /// <summary>BPF_F_NUMA_NODE.</summary>
    NumaNode = 1 << 2,

    /// <summary>BPF_F_RDONLY: user space reads only.</summary>
    ReadOnly = 1 << 3,

    /// <summary>BPF_F_WRONLY: user space writes only.</summary>
    WriteOnly = 1 << 4,

    /// <summary>BPF_F_ZERO_SEED.</summary>
    ZeroSeed = 1 << 6,

    /// <summary>BPF_F_RDONLY_PROG: programs read only.</summary>
    ReadOnlyProgram = 1 << 7,

    /// <summary>BPF_F_WRONLY_PROG: programs write only.</summary>
    WriteOnlyProgram = 1 << 8,

    /// <summary>BPF_F_MMAPABLE: an array on pages of its own; 4-byte stores are single stores.</summary>
    Mmapable = 1 << 10,

    /// <summary>BPF_F_PRESERVE_ELEMS.</summary>
    PreserveElements = 1 << 11,

    /// <summary>BPF_F_INNER_MAP: as an inner map, an array may have another number of entries than the template.</summary>
    InnerMap = 1 << 12,
}
