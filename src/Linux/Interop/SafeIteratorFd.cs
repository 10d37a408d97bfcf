namespace ReuseportPS.Linux.Interop;

/// <summary>A run of a BPF iterator.</summary>
internal sealed class SafeIteratorFd(nint fd) : SafeFd(fd);
