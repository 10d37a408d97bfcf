namespace ReuseportPS.Engine.Asm;

/// <summary>What a <see cref="Reference"/> is the name of.</summary>
internal enum ReferenceKind : byte
{
    /// <summary>A label, its distance in the 16 bits of the offset.</summary>
    NearLabel,

    /// <summary>A label, its distance in the immediate.</summary>
    FarLabel,

    /// <summary>A label or a helper.</summary>
    Function,

    /// <summary>A map, its index in the immediate.</summary>
    Map,
}
