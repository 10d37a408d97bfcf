namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint readlinkat(string path, Span<byte> target)
    {
        fixed (byte* name = Terminated(path), pointer = target)
        {
            return Invoke(Syscall.readlinkat, AT_FDCWD, (nint)name, (nint)pointer, target.Length);
        }
    }
}
