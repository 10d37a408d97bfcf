namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const uint BPF_FS_MAGIC = 0xcafe4a11;

    /// <summary>The magic number of the file system that holds a path.</summary>
    internal static nint statfs(string path, out uint magic)
    {
        long* buffer = stackalloc long[32]; // struct statfs is 120 bytes; f_type comes first
        fixed (byte* pointer = Terminated(path))
        {
            nint result = Invoke(Syscall.statfs, (nint)pointer, (nint)buffer);
            magic = (uint)buffer[0];
            return result;
        }
    }
}
