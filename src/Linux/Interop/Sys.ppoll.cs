namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const short POLLIN = 1;
    internal const short POLLOUT = 4;

    /// <summary>One entry of poll(2), <c>struct pollfd</c>.</summary>
    internal struct PollFd
    {
        internal int fd;
        internal short events;
        internal short revents;
    }

    internal static nint ppoll(Span<PollFd> descriptors, TimeSpan timeout)
    {
        long ticks = Math.Max(0, timeout.Ticks);
        long* time = stackalloc long[2] { ticks / TimeSpan.TicksPerSecond, ticks % TimeSpan.TicksPerSecond * 100 };
        fixed (PollFd* pointer = descriptors)
        {
            return Invoke(Syscall.ppoll, (nint)pointer, descriptors.Length, (nint)time);
        }
    }
}
