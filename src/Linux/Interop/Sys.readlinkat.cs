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

    /// <summary>The target of a link in a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">Name of the link, with a NUL at its end.</param>
    /// <param name="target">Where the target goes.</param>
    internal static nint readlinkat(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> target)
    {
        using FdLease lease = new(directory);
        fixed (byte* start = name, pointer = target)
        {
            return Invoke(Syscall.readlinkat, lease.Number, (nint)start, (nint)pointer, target.Length);
        }
    }
}
