using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Sockets;

/// <summary>A handle on one process at a time, kept for as long as the same is asked for again. It is of that process even when another has its number by then.</summary>
internal sealed class ProcessHandle : IDisposable
{
    private int _processId;
    private SafePidFd? _fd;

    /// <summary>The handle on a process; null with the reason why there is none.</summary>
    internal SafePidFd? TryOpen(int processId, out Errno errno)
    {
        errno = Errno.None;
        if (_fd is not null && _processId == processId)
        {
            return _fd;
        }

        Close();
        nint opened = Sys.pidfd_open(processId);
        if (opened < 0)
        {
            errno = (Errno)(int)-opened;
            return null;
        }

        (_processId, _fd) = (processId, new SafePidFd(opened));
        return _fd;
    }

    /// <summary>Lets it go.</summary>
    internal void Close()
    {
        _fd?.Dispose();
        _fd = null;
    }

    public void Dispose() => Close();
}
