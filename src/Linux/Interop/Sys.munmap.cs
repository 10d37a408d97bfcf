namespace ReuseportPS.Linux.Interop;

internal static partial class Sys
{
    internal static nint munmap(nint address, nint length) => Invoke(Syscall.munmap, address, length);
}
