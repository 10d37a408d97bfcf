namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int O_RDONLY = 0;
    internal const int O_DIRECTORY = 0x10000;
    internal const int O_NOFOLLOW = 0x20000;
    internal const int O_PATH = 0x200000;
    internal const int O_CLOEXEC = 0x80000;

    internal static nint openat(string path, int flags)
    {
        if (System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64)
        {
            // arm64 has its own numbers for these two.
            flags = (flags & ~(O_DIRECTORY | O_NOFOLLOW)) | ((flags & O_DIRECTORY) >> 2) | ((flags & O_NOFOLLOW) >> 2);
        }

        fixed (byte* pointer = Terminated(path))
        {
            return Invoke(Syscall.openat, AT_FDCWD, (nint)pointer, flags | O_CLOEXEC);
        }
    }
}
