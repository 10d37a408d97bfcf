namespace ReuseportPS.Engine.Maps;

/// <summary>What a map's key and value are, by type ids of a BTF blob.</summary>
/// <param name="Bytes">The blob, little-endian.</param>
/// <param name="KeyTypeId">Type of the key; 0 when it is not known.</param>
/// <param name="ValueTypeId">Type of the value; 0 when it is not known. For a section of variables its DATASEC.</param>
public sealed record MapBtf(ReadOnlyMemory<byte> Bytes, int KeyTypeId, int ValueTypeId)
{
    /// <summary>The size of the blob and the ids: a text that does not print bytes.</summary>
    public override string ToString() => $"BTF of {Bytes.Length} bytes, key {KeyTypeId}, value {ValueTypeId}";
}
