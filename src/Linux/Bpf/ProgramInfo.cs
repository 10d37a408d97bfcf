using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>The beginning of <c>struct bpf_prog_info</c>, as BPF_OBJ_GET_INFO_BY_FD fills it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 104)]
internal unsafe struct ProgramInfo
{
    [FieldOffset(0)] internal uint type;
    [FieldOffset(4)] internal uint id;
    [FieldOffset(8)] internal fixed byte tag[8];
    [FieldOffset(52)] internal uint nr_map_ids;
    [FieldOffset(56)] internal ulong map_ids;
    [FieldOffset(64)] internal fixed byte name[16];
}
