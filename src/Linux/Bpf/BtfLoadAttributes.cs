using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_BTF_LOAD.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct BtfLoadAttributes
{
    [FieldOffset(0)] internal ulong btf;
    [FieldOffset(8)] internal ulong btf_log_buf;
    [FieldOffset(16)] internal uint btf_size;
    [FieldOffset(20)] internal uint btf_log_size;
    [FieldOffset(24)] internal uint btf_log_level;
}
