namespace ReuseportPS.Linux.Interop;

/// <summary>A directory.</summary>
internal sealed class SafeDirectoryFd(nint fd) : SafeFd(fd);
