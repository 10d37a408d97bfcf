namespace ReuseportPS.Linux.Interop;

/// <summary>Types that the kernel holds.</summary>
internal sealed class SafeBtfFd(nint fd) : SafeFd(fd);
