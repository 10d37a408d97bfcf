using System.Runtime.InteropServices;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Sockets;
using static ReuseportPS.Linux.Netlink.NetlinkConstants;

namespace ReuseportPS.Linux.Netlink;

/// <summary>A netlink socket: a request and its answers. It belongs to the namespace of the thread that made it.</summary>
internal sealed class NetlinkSocket : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly SafeSocketFd _fd;
    private readonly byte[] _buffer = new byte[1 << 16];
    private uint _sequence;

    internal NetlinkSocket(int protocol)
    {
        nint fd = Sys.socket(SocketConstants.AF_NETLINK, SocketConstants.SOCK_RAW, protocol);
        if (fd < 0)
        {
            throw LinuxErrors.Refused("socket", fd, "netlink");
        }

        _fd = new SafeSocketFd(fd);
    }

    /// <summary>Handles the payload of one answer.</summary>
    internal delegate void PayloadHandler(ReadOnlySpan<byte> payload);

    /// <summary>Sends a message that is only acknowledged; the answer is an errno, or none.</summary>
    internal Errno Request(ushort type, ushort flags, Action<NetlinkMessage> content) =>
        Exchange(type, (ushort)(flags | NLM_F_REQUEST | NLM_F_ACK), content, static _ => { }, out _);

    /// <summary>Sends a message that is answered.</summary>
    internal Errno Ask(ushort type, Action<NetlinkMessage> content, PayloadHandler answer) =>
        Exchange(type, NLM_F_REQUEST | NLM_F_ACK, content, answer, out _);

    /// <summary>Asks for a dump. <paramref name="interrupted"/> is set when the kernel's tables changed meanwhile, so that entries may be missing.</summary>
    internal Errno Dump(ushort type, Action<NetlinkMessage> content, PayloadHandler answer, out bool interrupted) =>
        Exchange(type, NLM_F_REQUEST | NLM_F_DUMP, content, answer, out interrupted);

    public void Dispose() => _fd.Dispose();

    private Errno Exchange(ushort type, ushort flags, Action<NetlinkMessage> content, PayloadHandler answer, out bool interrupted)
    {
        interrupted = false;
        uint sequence = ++_sequence;
        NetlinkMessage message = new(type, flags, sequence);
        content(message);
        ReadOnlySpan<byte> kernel = [SocketConstants.AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        nint result = Sys.sendto(_fd, message.ToArray(), 0, kernel);
        if (result < 0)
        {
            return (Errno)(int)-result;
        }

        while (true)
        {
            int length = Receive(out Errno failure);
            if (failure != Errno.None)
            {
                return failure;
            }

            NetlinkReader reader = new(_buffer.AsSpan(0, length));
            while (reader.TryMessage(out ushort answerType, out ushort answerFlags, out uint answerSequence, out ReadOnlySpan<byte> payload))
            {
                if (answerSequence != sequence)
                {
                    continue;
                }

                interrupted |= (answerFlags & NLM_F_DUMP_INTR) != 0;
                switch (answerType)
                {
                    case NLMSG_DONE:
                        return payload.Length >= 4 ? (Errno)(-Math.Min(0, MemoryMarshal.Read<int>(payload))) : Errno.None;
                    case NLMSG_ERROR:
                        return payload.Length >= 4 ? (Errno)(-MemoryMarshal.Read<int>(payload)) : Errno.EIO;
                    default:
                        answer(payload);
                        break;
                }
            }

            if (reader.IsMalformed)
            {
                return Errno.EIO;
            }
        }
    }

    // The next datagram of the kernel; what other processes send is dropped.
    private int Receive(out Errno failure)
    {
        Span<byte> source = stackalloc byte[12];
        while (true)
        {
            // The kernel has mostly answered before the request is sent.
            nint length = Sys.recvfrom(_fd, _buffer, Sys.MSG_DONTWAIT | Sys.MSG_TRUNC, source, out int sourceLength);
            if (length == -(int)Errno.EAGAIN)
            {
                using FdLease lease = new(_fd);
                if (Readiness.Wait([new Sys.PollFd { fd = lease.Number, events = Sys.POLLIN }], s_patience) < 0)
                {
                    failure = Errno.ETIMEDOUT;
                    return 0;
                }
            }

            if (length is -(int)Errno.EINTR or -(int)Errno.EAGAIN)
            {
                continue;
            }

            failure = length < 0 ? (Errno)(int)-length : length > _buffer.Length ? Errno.EMSGSIZE : Errno.None;
            if (failure != Errno.None || (sourceLength == 12 && MemoryMarshal.Read<uint>(source[4..]) == 0))
            {
                return (int)length;
            }
        }
    }
}
