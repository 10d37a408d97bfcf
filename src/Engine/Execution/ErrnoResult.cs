using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Execution;

/// <summary>Error numbers as helpers return them.</summary>
public static class ErrnoResult
{
    /// <summary>The negated number as 64 bits; 0 for None.</summary>
    public static ulong Negated(this Errno errno) => (ulong)-(long)errno;

    /// <summary>The negated number as an int that a kernel function returns: the upper half of r0 is 0.</summary>
    public static ulong Negated32(this Errno errno) => (uint)-(int)errno;
}
