namespace ReuseportPS.Linux.Interop;

/// <summary>A BPF link.</summary>
internal sealed class SafeLinkFd(nint fd) : SafeFd(fd);
