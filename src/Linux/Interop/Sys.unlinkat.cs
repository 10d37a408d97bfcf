namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int AT_REMOVEDIR = 0x200;

    internal static nint unlinkat(string path, int flags)
    {
        fixed (byte* pointer = Terminated(path))
        {
            return Invoke(Syscall.unlinkat, AT_FDCWD, (nint)pointer, flags);
        }
    }
}
