using Microsoft.Win32.SafeHandles;

namespace ReuseportPS.Linux.Interop;

/// <summary>An owned file descriptor. A subclass per kind keeps a map from being passed where a program is due.</summary>
internal abstract class SafeFd : SafeHandleMinusOneIsInvalid
{
    protected SafeFd(nint fd)
        : base(ownsHandle: true) => SetHandle(fd);

    protected override bool ReleaseHandle() => Sys.Invoke(Syscall.close, handle) >= 0;
}
