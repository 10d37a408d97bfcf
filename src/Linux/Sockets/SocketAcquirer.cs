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

    internal static LinuxSocket Acquire(SocketRecord record)
    {
        string target = string.Create(
            CultureInfo.InvariantCulture, $"the {record.Protocol} socket {record.LocalEndPoint} (inode {record.Inode}, cookie {record.Cookie})");
        IEnumerable<SocketOwner> owners = record.Owners;
        (string Operation, Errno Errno, SocketOwner Owner)? refusal = null;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            foreach (SocketOwner owner in owners)
            {
                LinuxSocket? socket = TryCopy(record, owner, out string operation, out Errno errno);
                if (socket is not null)
                {
                    return socket;
                }

                // A descriptor that went or changed is looked for again; a refusal is what the user must hear.
                if (errno is not (Errno.None or Errno.ESRCH or Errno.EBADF))
                {
                    refusal = (operation, errno, owner);
                }
            }

            if (refusal is not null)
            {
                break;
            }

            owners = OpenDescriptors.OwnersOf(new HashSet<ulong> { record.Inode }).GetValueOrDefault(record.Inode) ?? [];
        }

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

    private static LinuxSocket? TryCopy(SocketRecord record, SocketOwner owner, out string operation, out Errno errno)
    {
        operation = "pidfd_open";
        nint process = Sys.pidfd_open(owner.ProcessId);
        if (process < 0)
        {
            errno = (Errno)(int)-process;
            return null;
        }

        using SafePidFd pidFd = new(process);
        operation = "pidfd_getfd";
        nint copy = Sys.pidfd_getfd(pidFd, owner.FileDescriptor);
        if (copy < 0)
        {
            errno = (Errno)(int)-copy;
            return null;
        }

        errno = Errno.None;
        SafeSocketFd fd = new(copy);
        LinuxSocket socket = new(fd, record.Protocol, record.Family, acquired: true);
        Span<byte> cookie = stackalloc byte[8];
        bool same = Sys.statx(fd, out ulong inode, out _) >= 0 && inode == record.Inode
            && Sys.getsockopt(fd, SocketConstants.SOL_SOCKET, SocketConstants.SO_COOKIE, cookie) >= 0
            && (record.Cookie == 0 || BitConverter.ToUInt64(cookie) == record.Cookie);
        if (!same)
        {
            // The listener inside an MPTCP socket shows its inode, but only the outer one has a descriptor.
            Span<byte> protocol = stackalloc byte[4];
            if (inode == record.Inode && Sys.getsockopt(fd, SocketConstants.SOL_SOCKET, SO_PROTOCOL, protocol) >= 0
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
