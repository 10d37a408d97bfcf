namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint bpf(int command, void* attributes, int size) => Invoke(Syscall.bpf, command, (nint)attributes, size);
}
