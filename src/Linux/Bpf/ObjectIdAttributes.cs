using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for the walk over ids and for a descriptor by id.</summary>
[StructLayout(LayoutKind.Explicit, Size = 12)]
internal struct ObjectIdAttributes
{
    [FieldOffset(0)] internal uint id;
    [FieldOffset(4)] internal uint next_id;
}
