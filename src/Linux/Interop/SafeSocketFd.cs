namespace ReuseportPS.Linux.Interop;

/// <summary>A socket.</summary>
internal sealed class SafeSocketFd(nint fd) : SafeFd(fd);
