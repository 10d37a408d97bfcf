namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    /// <summary>Sets the mode of a file, following links.</summary>
    internal static nint fchmodat(string path, int mode)
    {
        fixed (byte* pointer = Terminated(path))
        {
            return Invoke(Syscall.fchmodat, AT_FDCWD, (nint)pointer, mode);
        }
    }
}
