namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What a pointer was made from.</summary>
internal enum PlaceKind
{
    /// <summary>The context.</summary>
    Context,

    /// <summary>The stack frame of <see cref="Place.Function"/>.</summary>
    Stack,

    /// <summary>The linear part of the packet.</summary>
    Packet,

    /// <summary>The only value of an array, by its address.</summary>
    Value,

    /// <summary>A value that a lookup found.</summary>
    Row,

    /// <summary>A map, not memory.</summary>
    Map,
}
