namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>How an access reaches memory.</summary>
internal enum AccessMode : byte
{
    /// <summary>By asking the machine where the address leads.</summary>
    Search,

    /// <summary>In its place, after one comparison.</summary>
    Guarded,

    /// <summary>In its place, which analysis has shown.</summary>
    Proven,
}
