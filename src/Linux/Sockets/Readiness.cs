using System.Diagnostics;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Sockets;

/// <summary>poll(2), begun again after a signal.</summary>
internal static class Readiness
{
    /// <summary>Index of the first descriptor that is ready, or -1 when the time is over.</summary>
    internal static int Wait(Span<Sys.PollFd> descriptors, TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            nint ready = Sys.ppoll(descriptors, timeout - Stopwatch.GetElapsedTime(start));
            if (ready == 0)
            {
                return -1;
            }

            if (ready > 0)
            {
                for (int i = 0; i < descriptors.Length; i++)
                {
                    if (descriptors[i].revents != 0)
                    {
                        return i;
                    }
                }
            }

            if (ready != -(int)Errno.EINTR)
            {
                throw LinuxErrors.Refused("ppoll", ready, $"{descriptors.Length} sockets");
            }
        }
    }
}
