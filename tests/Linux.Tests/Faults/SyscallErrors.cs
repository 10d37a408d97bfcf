using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>What the kernel may answer to each call, of which nothing in the arguments gives warning.</summary>
internal static class SyscallErrors
{
    private static readonly ImmutableArray<Errno> s_descriptors = [Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM];
    private static readonly ImmutableArray<Errno> s_files = [Errno.EACCES, Errno.ENOMEM];

    /// <summary>The errors of a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="first">Its first argument.</param>
    public static ImmutableArray<Errno> Of(Syscall call, nint first) => call switch
    {
        Syscall.bpf => (BpfCommand)first switch
        {
            BpfCommand.BPF_MAP_CREATE or BpfCommand.BPF_ITER_CREATE or BpfCommand.BPF_LINK_CREATE => [.. s_descriptors, Errno.EPERM],
            BpfCommand.BPF_PROG_LOAD => [.. s_descriptors, Errno.EPERM, Errno.EAGAIN],
            BpfCommand.BPF_OBJ_GET => [.. s_descriptors, Errno.EACCES],
            BpfCommand.BPF_OBJ_PIN => [Errno.ENOMEM, Errno.EACCES, Errno.ENOSPC],
            BpfCommand.BPF_MAP_UPDATE_ELEM => [Errno.ENOMEM, Errno.EBUSY, Errno.E2BIG],
            BpfCommand.BPF_MAP_FREEZE => [Errno.EBUSY],
            BpfCommand.BPF_PROG_GET_FD_BY_ID => [.. s_descriptors, Errno.EPERM],
            _ => [Errno.ENOMEM, Errno.EPERM],
        },
        Syscall.setsockopt => [Errno.ENOMEM, Errno.EPERM],
        Syscall.getsockopt => [Errno.ENOMEM, Errno.ENOBUFS],
        Syscall.openat => [.. s_descriptors, Errno.EACCES, Errno.EINTR],
        Syscall.mkdirat => [.. s_files, Errno.ENOSPC],
        Syscall.renameat2 => s_files,
        Syscall.unlinkat => [.. s_files, Errno.EBUSY],
        Syscall.flock => [Errno.ENOMEM, Errno.EINTR, Errno.EAGAIN],
        Syscall.pidfd_open => [.. s_descriptors, Errno.ESRCH],
        Syscall.pidfd_getfd => [.. s_descriptors, Errno.EBADF, Errno.ESRCH, Errno.EPERM],
        Syscall.socket => [.. s_descriptors, Errno.ENOBUFS],
        Syscall.sendto => [Errno.ENOBUFS, Errno.ENOMEM],
        Syscall.recvfrom => [Errno.ENOBUFS, Errno.EINTR, Errno.EAGAIN, Errno.ENOMEM],
        Syscall.ppoll => [Errno.EINTR, Errno.ENOMEM],
        Syscall.read => [Errno.ENOMEM, Errno.EINTR, Errno.EAGAIN],
        Syscall.statx or Syscall.readlinkat => [Errno.EACCES, Errno.ENOMEM],
        Syscall.statfs => [Errno.ENOMEM, Errno.EACCES, Errno.EINTR],
        Syscall.membarrier => [Errno.ENOMEM, Errno.EPERM],
        Syscall.close => [Errno.EINTR, Errno.EIO],
        _ => [Errno.ENOMEM],
    };
}
