namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    /// <summary>Of the calling thread. Bytes written, or the negated errno.</summary>
    internal static nint sched_getaffinity(Span<ulong> mask)
    {
        fixed (ulong* pointer = mask)
        {
            return Invoke(Syscall.sched_getaffinity, 0, mask.Length * sizeof(ulong), (nint)pointer);
        }
    }

    /// <summary>Of the calling thread.</summary>
    internal static nint sched_setaffinity(ReadOnlySpan<ulong> mask)
    {
        fixed (ulong* pointer = mask)
        {
            return Invoke(Syscall.sched_setaffinity, 0, mask.Length * sizeof(ulong), (nint)pointer);
        }
    }
}
