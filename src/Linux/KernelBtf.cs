using System.Collections.Immutable;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Linux;

/// <summary>The types of the running kernel.</summary>
internal static class KernelBtf
{
    internal const string Path = "/sys/kernel/btf/vmlinux";

    /// <summary>Reads them; some 5 MB.</summary>
    /// <exception cref="Engine.Backends.BackendException">RPS5069: there are none, or they cannot be read.</exception>
    internal static BtfTypes Read()
    {
        string reason;
        try
        {
            if (BtfTypes.TryRead(File.ReadAllBytes(Path), out BtfTypes? types, out ImmutableArray<Diagnostic> diagnostics))
            {
                return types;
            }

            reason = diagnostics[0].Message;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reason = exception.Message;
        }

        throw LinuxErrors.Own(
            "RPS5069", Errno.ENOENT, "BPF_PROG_LOAD", $"The kernel's types cannot be read from {Path}: {reason}", "Kernel functions need a kernel with CONFIG_DEBUG_INFO_BTF.");
    }
}
