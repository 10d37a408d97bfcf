namespace ReuseportPS.Linux.Interop;

/// <summary>A BPF program.</summary>
internal sealed class SafeProgramFd(nint fd) : SafeFd(fd);
