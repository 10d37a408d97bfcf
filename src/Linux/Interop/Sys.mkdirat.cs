namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint mkdirat(string path, int mode)
    {
        fixed (byte* pointer = Terminated(path))
        {
            return Invoke(Syscall.mkdirat, AT_FDCWD, (nint)pointer, mode);
        }
    }
}
