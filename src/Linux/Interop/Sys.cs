using System.Runtime.InteropServices;
using System.Text;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Linux.Interop;

/// <summary>
/// The kernel's functions, one per file, with the kernel's spelling and its return convention: a negative result is the
/// negated errno. Every call of this project goes through <see cref="Invoke"/>, the one place where a fault can be injected.
/// </summary>
internal static unsafe partial class Sys
{
    internal const int AT_FDCWD = -100;

    /// <summary>Stands before every call of the process; null but in tests and benchmarks.</summary>
    internal static SyscallGate? Gate { get; set; }

    internal static nint Invoke(Syscall call, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        nint result;
        do
        {
            result = Gate is null ? Make(call, a, b, c, d, e, f) : Through(Gate, call, a, b, c, d, e, f);
        }
        while (result == -(int)Errno.EINTR && call is Syscall.openat or Syscall.flock or Syscall.statfs);
        return result;
    }

    private static nint Through(SyscallGate gate, Syscall call, nint a, nint b, nint c, nint d, nint e, nint f) => gate(call, a, b, () => Make(call, a, b, c, d, e, f));

    private static nint Make(Syscall call, nint a, nint b, nint c, nint d, nint e, nint f)
    {
        int number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (int)call & 0xffff,
            Architecture.Arm64 => (int)call >> 16,
            Architecture other => throw new PlatformNotSupportedException($"System call numbers of {other} are not known."),
        };
        nint result = syscall(number, a, b, c, d, e, f);
        return result == -1 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>A path as the kernel takes it.</summary>
    internal static byte[] Terminated(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path cannot contain NUL.", nameof(path));
        }

        return Encoding.UTF8.GetBytes(path + '\0');
    }

    // Variadic in C. Fixed arity passes integers the same way on Linux x86-64 and arm64.
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
