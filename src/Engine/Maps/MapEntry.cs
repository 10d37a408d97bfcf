using System.Collections.Immutable;

namespace ReuseportPS.Engine.Maps;

/// <summary>One key and its value, as bytes in the machine's (little-endian) layout.</summary>
/// <param name="Key">Key bytes, the map's key size.</param>
/// <param name="Value">Value bytes, the map's value size.</param>
public sealed record MapEntry(ImmutableArray<byte> Key, ImmutableArray<byte> Value);
