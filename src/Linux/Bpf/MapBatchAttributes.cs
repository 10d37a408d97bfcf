using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for the commands on many elements of a map at once (Linux 5.6).</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
internal struct MapBatchAttributes
{
    /// <summary>The keys, one after the other.</summary>
    [FieldOffset(16)] internal ulong keys;

    /// <summary>The values, likewise.</summary>
    [FieldOffset(24)] internal ulong values;

    /// <summary>How many elements; after the call, how many of them are done.</summary>
    [FieldOffset(32)] internal uint count;
    [FieldOffset(36)] internal int map_fd;
    [FieldOffset(40)] internal ulong elem_flags;
    [FieldOffset(48)] internal ulong flags;
}
