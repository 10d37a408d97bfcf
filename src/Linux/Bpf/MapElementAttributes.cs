using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for the commands on one element of a map, and for BPF_MAP_FREEZE.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct MapElementAttributes
{
    [FieldOffset(0)] internal int map_fd;
    [FieldOffset(8)] internal ulong key;

    /// <summary>The value, or for BPF_MAP_GET_NEXT_KEY the next key.</summary>
    [FieldOffset(16)] internal ulong value;
    [FieldOffset(24)] internal ulong flags;
}
