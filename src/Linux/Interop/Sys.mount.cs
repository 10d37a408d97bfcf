namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint mount(string source, string target, string fileSystem, nuint flags, string data)
    {
        fixed (byte* from = Terminated(source), to = Terminated(target), type = Terminated(fileSystem), options = Terminated(data))
        {
            return Invoke(Syscall.mount, (nint)from, (nint)to, (nint)type, (nint)flags, (nint)options);
        }
    }
}
