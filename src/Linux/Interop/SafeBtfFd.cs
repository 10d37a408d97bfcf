namespace ReuseportPS.Linux.Interop;

/// <summary>Types (BTF) that the kernel has loaded.</summary>
internal sealed class SafeBtfFd(nint fd) : SafeFd(fd);
