namespace ReuseportPS.Linux.Interop;

/// <summary>A namespace, as /proc/PID/ns gives it.</summary>
internal sealed class SafeNamespaceFd(nint fd) : SafeFd(fd);
