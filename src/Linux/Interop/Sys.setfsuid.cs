namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    /// <summary>Of the calling thread; returns the one before, whether it was changed or not.</summary>
    internal static nint setfsuid(uint uid) => Invoke(Syscall.setfsuid, (nint)uid);
}
