using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_OBJ_PIN and BPF_OBJ_GET.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ObjectPathAttributes
{
    [FieldOffset(0)] internal ulong pathname;
    [FieldOffset(8)] internal int bpf_fd;
    [FieldOffset(12)] internal uint file_flags;
}
