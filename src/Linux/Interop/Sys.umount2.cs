namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int MNT_DETACH = 2;

    internal static nint umount2(string target, int flags)
    {
        fixed (byte* pointer = Terminated(target))
        {
            return Invoke(Syscall.umount2, (nint)pointer, flags);
        }
    }
}
