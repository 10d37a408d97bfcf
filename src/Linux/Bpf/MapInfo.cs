using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>The beginning of <c>struct bpf_map_info</c>, as BPF_OBJ_GET_INFO_BY_FD fills it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
internal unsafe struct MapInfo
{
    [FieldOffset(0)] internal uint type;
    [FieldOffset(4)] internal uint id;
    [FieldOffset(8)] internal uint key_size;
    [FieldOffset(12)] internal uint value_size;
    [FieldOffset(16)] internal uint max_entries;
    [FieldOffset(20)] internal uint map_flags;
    [FieldOffset(24)] internal fixed byte name[16];
    [FieldOffset(80)] internal ulong map_extra;
}
