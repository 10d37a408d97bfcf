namespace ReuseportPS.Engine.Btf;

/// <summary>A member of a struct or union, seen from the outermost one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeId">BTF id of its type.</param>
/// <param name="BitOffset">Distance from the beginning, in bits.</param>
/// <param name="BitSize">Size in bits of a bit-field; 0 for an ordinary member.</param>
public sealed record BtfField(string Name, int TypeId, int BitOffset, int BitSize)
{
    /// <summary>Distance from the beginning, in bytes.</summary>
    public int ByteOffset => BitOffset / 8;
}
