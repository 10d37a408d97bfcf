namespace ReuseportPS.Linux.Interop;

/// <summary>A BPF map.</summary>
internal sealed class SafeMapFd(nint fd) : SafeFd(fd);
