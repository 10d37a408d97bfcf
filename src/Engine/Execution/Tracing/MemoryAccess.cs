using System.Collections.Immutable;

namespace ReuseportPS.Engine.Execution.Tracing;

/// <summary>Memory that an instruction reached.</summary>
/// <param name="Region">What the memory is: <c>stack frame 0</c>, <c>the context</c>, <c>map 'seats'</c>; null when the access is a fault.</param>
/// <param name="Address">Address of the first byte.</param>
/// <param name="Size">Bytes.</param>
/// <param name="IsWrite">Whether it may have changed them.</param>
/// <param name="Before">The bytes before; empty when the access is a fault.</param>
/// <param name="After">The bytes afterwards; empty when the access is a fault.</param>
public sealed record MemoryAccess(string? Region, ulong Address, int Size, bool IsWrite, ImmutableArray<byte> Before, ImmutableArray<byte> After);
