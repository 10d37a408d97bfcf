using System.Runtime.InteropServices;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>Numbers the system calls of a command. Of the walk over all open files of the host, which changes nothing and has a call for each, only every sixty-fourth counts.</summary>
internal sealed class CallCounter(bool skipsClose)
{
    private const int Walk = 64;

    private int _ofWalk;
    private bool _isWalking;

    /// <summary>Calls numbered so far.</summary>
    public int Count { get; private set; }

    /// <summary>The numbers of calls that attach or detach a program.</summary>
    public List<int> Attaching { get; } = [];

    /// <summary>The numbers of other calls that change what other processes see: pins and directories made and removed, maps written.</summary>
    public List<int> Changes { get; } = [];

    /// <summary>The number of a call, or 0 when it has none.</summary>
    /// <param name="call">The call.</param>
    /// <param name="first">Its first argument.</param>
    /// <param name="second">Its second argument.</param>
    public int Next(Syscall call, nint first, nint second)
    {
        bool isOfWalk = IsOfWalk(call, second);
        if ((skipsClose && call == Syscall.close) || (isOfWalk && _ofWalk++ % Walk != 0))
        {
            return 0;
        }

        Count++;
        if (call == Syscall.setsockopt)
        {
            Attaching.Add(Count);
        }
        else if (call is Syscall.mkdirat or Syscall.renameat2 or Syscall.unlinkat || (call == Syscall.bpf && (BpfCommand)first is BpfCommand.BPF_OBJ_PIN or BpfCommand.BPF_MAP_UPDATE_ELEM or BpfCommand.BPF_MAP_UPDATE_BATCH or BpfCommand.BPF_MAP_DELETE_ELEM))
        {
            Changes.Add(Count);
        }

        return Count;
    }

    // From the opening of a process's descriptors to the closing of that directory.
    private bool IsOfWalk(Syscall call, nint path)
    {
        _isWalking |= call == Syscall.openat && Marshal.PtrToStringUTF8(path) is string name && name.StartsWith("/proc/", StringComparison.Ordinal);
        bool isOfWalk = call == Syscall.readlinkat || _isWalking;
        _isWalking &= call != Syscall.close;
        return isOfWalk;
    }
}
