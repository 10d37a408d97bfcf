namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int RENAME_NOREPLACE = 1;

    internal static nint renameat2(string from, string to, int flags)
    {
        fixed (byte* old = Terminated(from), new_ = Terminated(to))
        {
            return Invoke(Syscall.renameat2, AT_FDCWD, (nint)old, AT_FDCWD, (nint)new_, flags);
        }
    }
}
