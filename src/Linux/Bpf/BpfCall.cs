using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Bpf;

/// <summary>bpf(2): a command and the structure that goes with it.</summary>
internal static unsafe class BpfCall
{
    /// <summary>Result of the command, or the negated errno.</summary>
    internal static nint Invoke<T>(BpfCommand command, ref T attributes)
        where T : unmanaged
    {
        fixed (T* pointer = &attributes)
        {
            return Sys.bpf((int)command, pointer, sizeof(T));
        }
    }

    internal static Errno ErrnoOf(nint result) => result < 0 ? (Errno)(int)-result : Errno.None;

    /// <summary>Writes a name into the 16 bytes (BPF_OBJ_NAME_LEN) that end with NUL.</summary>
    internal static void SetName(byte* destination, string name)
    {
        int length = Encoding.ASCII.GetByteCount(name);
        if (length > 15)
        {
            throw new ArgumentException($"The name '{name}' is longer than the 15 characters the kernel keeps.", nameof(name));
        }

        Encoding.ASCII.GetBytes(name, new Span<byte>(destination, 16));
    }

    internal static string GetName(byte* source)
    {
        ReadOnlySpan<byte> bytes = new(source, 16);
        int end = bytes.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>BPF_OBJ_GET_INFO_BY_FD.</summary>
    internal static nint GetInfo<T>(SafeFd descriptor, out T info)
        where T : unmanaged
    {
        using FdLease lease = new(descriptor);
        T filled = default;
        ObjectInfoAttributes attributes = new() { bpf_fd = lease.Number, info_len = (uint)sizeof(T), info = (ulong)&filled };
        nint result = Invoke(BpfCommand.BPF_OBJ_GET_INFO_BY_FD, ref attributes);
        info = filled;
        return result;
    }

    /// <summary>BPF_OBJ_PIN.</summary>
    internal static nint Pin(SafeFd descriptor, string path)
    {
        using FdLease lease = new(descriptor);
        fixed (byte* name = Sys.Terminated(path))
        {
            ObjectPathAttributes attributes = new() { pathname = (ulong)name, bpf_fd = lease.Number };
            return Invoke(BpfCommand.BPF_OBJ_PIN, ref attributes);
        }
    }

    /// <summary>BPF_OBJ_GET; the kernel sets CLOEXEC.</summary>
    internal static nint Get(string path)
    {
        fixed (byte* name = Sys.Terminated(path))
        {
            ObjectPathAttributes attributes = new() { pathname = (ulong)name };
            return Invoke(BpfCommand.BPF_OBJ_GET, ref attributes);
        }
    }
}
