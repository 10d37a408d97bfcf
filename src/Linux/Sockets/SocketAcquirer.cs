using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Sockets;

/// <summary>Copies a socket out of a process that holds it (pidfd_open, pidfd_getfd) and makes sure that it is the one meant.</summary>
internal static class SocketAcquirer
{
    private const int Attempts = 3;
    private const int SO_PROTOCOL = 38;
    private const int IPPROTO_MPTCP = 262;

    // Where the last copy came from, and the next probably does. A guess, which every copy is checked against.
    private static volatile int s_likely;

    /// <summary>Copies one socket.</summary>
    internal static LinuxSocket Acquire(SocketRecord record)
    {
        using ProcessHandle process = new();
        return Acquire(record, record.Owners, process);
    }

    /// <summary>Copies sockets one after the other, as they are asked for; neighbours of one process with one handle on it. Those without known owners are looked for together.</summary>
    internal static IEnumerable<LinuxSocket> Acquire(IEnumerable<SocketRecord> records)
    {
        using ProcessHandle process = new();
        SocketRecord[] wanted = [.. records];
        Dictionary<ulong, List<SocketOwner>> owners = OpenDescriptors.AnyOwnersOf(wanted.Where(record => record.Owners.IsEmpty).Select(record => record.Inode).ToHashSet());
        foreach (SocketRecord record in wanted)
        {
            yield return Acquire(record, record.Owners.IsEmpty ? owners.GetValueOrDefault(record.Inode) ?? [] : record.Owners, process);
        }
    }

    private static LinuxSocket Acquire(SocketRecord record, IReadOnlyList<SocketOwner> known, ProcessHandle process)
    {
        bool isLookedFor = false;
        (string Operation, Errno Errno, SocketOwner Owner)? refusal = null;
        for (int attempt = 0; attempt < Attempts && (refusal is null || !isLookedFor); attempt++)
        {
            // Who held it may have handed it on since, and others may hold it too: then all processes are looked at.
            isLookedFor = attempt > 0 || known.Count == 0;
            foreach (SocketOwner owner in isLookedFor ? OpenDescriptors.HoldersOf(record.Inode, s_likely) : known)
            {
                LinuxSocket? socket = TryCopy(record, owner, process, out string operation, out Errno errno);
                if (socket is not null)
                {
                    s_likely = owner.ProcessId;
                    return socket;
                }

                // A descriptor that went or changed is looked for again; a refusal is what the user must hear.
                if (errno is not (Errno.None or Errno.ESRCH or Errno.EBADF))
                {
                    refusal = (operation, errno, owner);
                }
            }
        }

        string target = string.Create(
            CultureInfo.InvariantCulture, $"the {record.Protocol} socket {record.LocalEndPoint} (inode {record.Inode}, cookie {record.Cookie})");
        if (refusal is not null)
        {
            (string operation, Errno errno, SocketOwner owner) = refusal.Value;
            throw LinuxErrors.Refused(
                operation, errno, string.Create(CultureInfo.InvariantCulture, $"{target} of process {owner.ProcessId} ({owner.Command})"));
        }

        throw LinuxErrors.Own(
            "RPS5074", Errno.ESRCH, "pidfd_getfd", $"No process that may be looked at holds {target}.",
            "If it still exists, run with CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, in the process id namespace of its owner; otherwise find the sockets again.");
    }

    private static LinuxSocket? TryCopy(SocketRecord record, SocketOwner owner, ProcessHandle process, out string operation, out Errno errno)
    {
        operation = "pidfd_open";
        SafePidFd? pidFd = process.TryOpen(owner.ProcessId, out errno);
        if (pidFd is null)
        {
            return null;
        }

        operation = "pidfd_getfd";
        nint copy = Sys.pidfd_getfd(pidFd, owner.FileDescriptor);
        if (copy < 0)
        {
            errno = (Errno)(int)-copy;
            process.Close(); // of one that has ended, whose number another may have by now
            return null;
        }

        errno = Errno.None;
        SafeSocketFd fd = new(copy);
        LinuxSocket socket = new(fd, record.Protocol, record.Family, acquired: true);
        Span<byte> cookie = stackalloc byte[8];
        bool isAsked = Sys.getsockopt(fd, SocketConstants.SOL_SOCKET, SocketConstants.SO_COOKIE, cookie) >= 0;
        if (isAsked && record.Cookie != 0 && BitConverter.ToUInt64(cookie) == record.Cookie)
        {
            return socket; // no other socket has it, as long as the kernel runs
        }

        bool isInode = Sys.statx(fd, out ulong inode, out _) >= 0 && inode == record.Inode;
        if (!isAsked || record.Cookie != 0 || !isInode)
        {
            // The listener inside an MPTCP socket shows its inode, but only the outer one has a descriptor.
            Span<byte> protocol = stackalloc byte[4];
            if (isInode && Sys.getsockopt(fd, SocketConstants.SOL_SOCKET, SO_PROTOCOL, protocol) >= 0
                && BitConverter.ToInt32(protocol) == IPPROTO_MPTCP)
            {
                errno = Errno.ENOTSUPP;
            }

            socket.Dispose();
            return null;
        }

        return socket;
    }
}
