using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux;

/// <summary>Types of programs and maps, given to the kernel for as long as a map or program is made with them.</summary>
internal static unsafe class LinuxBtf
{
    private const int LogSize = 1 << 16;

    /// <summary>BPF_BTF_LOAD.</summary>
    /// <exception cref="Engine.Backends.BackendException">The kernel does not take the types; its log says why.</exception>
    internal static SafeBtfFd Load(ReadOnlyMemory<byte> blob, string target)
    {
        nint result = Load(blob.Span, []);
        if (result >= 0)
        {
            return new SafeBtfFd(result);
        }

        byte[] log = new byte[LogSize];
        nint again = Load(blob.Span, log);
        if (again >= 0)
        {
            return new SafeBtfFd(again);
        }

        int end = Array.IndexOf(log, (byte)0);
        string text = Encoding.UTF8.GetString(log, 0, end < 0 ? log.Length : end);
        throw LinuxErrors.Refused(nameof(BpfCommand.BPF_BTF_LOAD), (Errno)(int)-result, $"the types of {target}", log: text.Length == 0 ? null : text);
    }

    private static nint Load(ReadOnlySpan<byte> blob, byte[] log)
    {
        fixed (byte* bytes = blob, logBuffer = log)
        {
            BtfLoadAttributes attributes = new()
            {
                btf = (ulong)bytes,
                btf_size = (uint)blob.Length,
                btf_log_buf = (ulong)logBuffer,
                btf_log_size = (uint)log.Length,
                btf_log_level = log.Length > 0 ? 1u : 0,
            };
            return BpfCall.Invoke(BpfCommand.BPF_BTF_LOAD, ref attributes);
        }
    }
}
