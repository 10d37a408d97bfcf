namespace ReuseportPS.Linux.Interop;

/// <summary>A process, as pidfd_open gives it.</summary>
internal sealed class SafePidFd(nint fd) : SafeFd(fd);
