namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const uint _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    /// <summary>The effective capabilities of this thread as a bit set.</summary>
    internal static nint capget(out ulong effective)
    {
        ulong header = _LINUX_CAPABILITY_VERSION_3; // version, then pid 0: this thread
        uint* data = stackalloc uint[6]; // twice effective, permitted, inheritable
        nint result = Invoke(Syscall.capget, (nint)(&header), (nint)data);
        effective = data[0] | ((ulong)data[3] << 32);
        return result;
    }
}
