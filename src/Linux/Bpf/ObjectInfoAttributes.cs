using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_OBJ_GET_INFO_BY_FD.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ObjectInfoAttributes
{
    [FieldOffset(0)] internal int bpf_fd;
    [FieldOffset(4)] internal uint info_len;
    [FieldOffset(8)] internal ulong info;
}
