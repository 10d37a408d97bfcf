namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    /// <summary>Gives a file to a Unix group, following links; its owner stays.</summary>
    internal static nint fchownat(string path, uint unixGroup)
    {
        fixed (byte* pointer = Terminated(path))
        {
            return Invoke(Syscall.fchownat, AT_FDCWD, (nint)pointer, -1, (nint)unixGroup, 0);
        }
    }
}
