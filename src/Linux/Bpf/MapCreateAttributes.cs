using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_MAP_CREATE.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct MapCreateAttributes
{
    [FieldOffset(0)] internal uint map_type;
    [FieldOffset(4)] internal uint key_size;
    [FieldOffset(8)] internal uint value_size;
    [FieldOffset(12)] internal uint max_entries;
    [FieldOffset(16)] internal uint map_flags;
    [FieldOffset(20)] internal int inner_map_fd;
    [FieldOffset(24)] internal uint numa_node;
    [FieldOffset(28)] internal fixed byte map_name[16];
    [FieldOffset(48)] internal int btf_fd;
    [FieldOffset(52)] internal uint btf_key_type_id;
    [FieldOffset(56)] internal uint btf_value_type_id;
    [FieldOffset(64)] internal ulong map_extra;
}
