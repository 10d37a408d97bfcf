using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_ITER_CREATE.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct IteratorCreateAttributes
{
    [FieldOffset(0)] internal int link_fd;
    [FieldOffset(4)] internal uint flags;
}
