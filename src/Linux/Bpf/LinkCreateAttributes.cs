using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_LINK_CREATE of an iterator.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct LinkCreateAttributes
{
    [FieldOffset(0)] internal int prog_fd;
    [FieldOffset(4)] internal int target_fd;
    [FieldOffset(8)] internal uint attach_type;
    [FieldOffset(12)] internal uint flags;
    [FieldOffset(16)] internal ulong iter_info;
    [FieldOffset(24)] internal uint iter_info_len;
}
