namespace ReuseportPS.Engine.Maps;

/// <summary>A loaded program as a PROG_ARRAY holds it.</summary>
public interface IProgramReference
{
    /// <summary>The id that a backend gave it; what a lookup by user space returns.</summary>
    uint Id { get; }
}
