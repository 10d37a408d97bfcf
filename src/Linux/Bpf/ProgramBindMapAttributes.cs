using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_PROG_BIND_MAP.</summary>
[StructLayout(LayoutKind.Explicit, Size = 12)]
internal struct ProgramBindMapAttributes
{
    [FieldOffset(0)] internal int prog_fd;
    [FieldOffset(4)] internal int map_fd;
    [FieldOffset(8)] internal uint flags;
}
