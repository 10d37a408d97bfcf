using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Sockets;
using static ReuseportPS.Linux.Interop.SocketConstants;

namespace ReuseportPS.Linux;

/// <summary>
/// A handle on a kernel socket: one of this process, or a copy of another process's descriptor. A send that finds the buffer
/// full waits up to two seconds for room.
/// </summary>
public sealed class LinuxSocket : IBackendSocket
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly bool _acquired;

    internal LinuxSocket(SafeSocketFd fd, TransportProtocol protocol, IpFamily family, bool acquired = false)
    {
        Fd = fd;
        Protocol = protocol;
        Family = family;
        _acquired = acquired;
    }

    /// <inheritdoc/>
    public TransportProtocol Protocol { get; }

    /// <inheritdoc/>
    public IpFamily Family { get; }

    /// <inheritdoc/>
    public ulong NamespaceCookie
    {
        get
        {
            Span<byte> value = stackalloc byte[8];
            return Sys.getsockopt(Fd, SOL_SOCKET, SO_NETNS_COOKIE, value) < 0 ? 0 : MemoryMarshal.Read<ulong>(value);
        }
    }

    /// <inheritdoc/>
    public ulong Cookie
    {
        get
        {
            Span<byte> value = stackalloc byte[8];
            Check("SO_COOKIE", Sys.getsockopt(Fd, SOL_SOCKET, SO_COOKIE, value));
            return MemoryMarshal.Read<ulong>(value);
        }
    }

    /// <inheritdoc/>
    public IPEndPoint? LocalEndPoint
    {
        get
        {
            Span<byte> address = stackalloc byte[SocketAddressCodec.MaxLength];
            Check("getsockname", Sys.getsockname(Fd, address, out int length));
            IPEndPoint? endPoint = SocketAddressCodec.Read(address[..Math.Min(length, address.Length)]);
            return endPoint is { Port: 0 } ? null : endPoint;
        }
    }

    internal SafeSocketFd Fd { get; }

    /// <inheritdoc/>
    public int GetOption(SocketOption option)
    {
        (int level, int number, string name) = Describe(option);
        return GetInteger(level, number, name);
    }

    /// <inheritdoc/>
    public void SetOption(SocketOption option, int value)
    {
        (int level, int number, string name) = Describe(option);
        SetInteger(level, number, name, value);
    }

    /// <inheritdoc/>
    public void Bind(IPEndPoint endPoint)
    {
        Span<byte> address = stackalloc byte[SocketAddressCodec.MaxLength];
        int length = SocketAddressCodec.Write(endPoint, address);
        nint result = Sys.bind(Fd, address[..length]);
        if (result < 0)
        {
            throw LinuxErrors.Refused("bind", result, $"a {Kind} socket to {endPoint}");
        }
    }

    /// <inheritdoc/>
    public void Listen(int backlog) => Check("listen", Sys.listen(Fd, backlog));

    /// <inheritdoc/>
    public void Connect(IPEndPoint endPoint)
    {
        Span<byte> address = stackalloc byte[SocketAddressCodec.MaxLength];
        int length = SocketAddressCodec.Write(endPoint, address);
        nint result = Sys.connect(Fd, address[..length]);
        if (result is -(int)Errno.EINPROGRESS or -(int)Errno.EINTR)
        {
            // The second call ends what the first began, so that the socket is then as after a call that waited.
            if (Poll(Sys.POLLOUT, s_patience))
            {
                result = Sys.connect(Fd, address[..length]);
            }
            else
            {
                Disconnect();
                result = -(int)Errno.ETIMEDOUT;
            }
        }

        if (result < 0)
        {
            throw LinuxErrors.Refused("connect", result, $"{endPoint} by a {Kind} socket");
        }
    }

    /// <inheritdoc/>
    public void Disconnect()
    {
        Span<byte> address = stackalloc byte[16];
        address.Clear(); // AF_UNSPEC is 0
        Check("connect", Sys.connect(Fd, address));
    }

    /// <inheritdoc/>
    public void Shutdown(SocketShutdown how) => Check("shutdown", Sys.shutdown(Fd, (int)how));

    /// <inheritdoc/>
    public void AttachProgram(IBackendProgram program)
    {
        if (program is not LinuxProgram linuxProgram)
        {
            throw new ArgumentException("The program is of another backend.", nameof(program));
        }

        using FdLease lease = new(linuxProgram.Fd);
        SetInteger(SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, nameof(SO_ATTACH_REUSEPORT_EBPF), lease.Number);
    }

    /// <inheritdoc/>
    public unsafe void AttachClassicProgram(ClassicProgram program)
    {
        // struct sock_fprog { u16 len; struct sock_filter *filter; }
        Span<byte> value = stackalloc byte[16];
        value.Clear();
        byte[] code = program.ToBytes();
        fixed (byte* filter = code)
        {
            ushort length = (ushort)Math.Min(program.Instructions.Length, ushort.MaxValue);
            ulong address = (ulong)filter;
            MemoryMarshal.Write(value, in length);
            MemoryMarshal.Write(value[8..], in address);
            Check(nameof(SO_ATTACH_REUSEPORT_CBPF), Sys.setsockopt(Fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, value));
        }
    }

    /// <inheritdoc/>
    public void DetachProgram() => SetInteger(SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, nameof(SO_DETACH_REUSEPORT_BPF), 0);

    /// <inheritdoc/>
    public void SendTo(ReadOnlySpan<byte> datagram, IPEndPoint destination)
    {
        Span<byte> address = stackalloc byte[SocketAddressCodec.MaxLength];
        int length = SocketAddressCodec.Write(destination, address);
        nint result = SendWhenRoom(datagram, address[..length]);
        if (result < 0)
        {
            throw LinuxErrors.Refused("sendto", result, $"{destination} by a {Kind} socket");
        }
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> data)
    {
        do
        {
            nint sent = SendWhenRoom(data, []);
            Check("send", sent);
            data = data[(int)sent..];
        }
        while (!data.IsEmpty);
    }

    /// <inheritdoc/>
    public bool TryReceive(Span<byte> buffer, out int length, out IPEndPoint? source)
    {
        Span<byte> address = stackalloc byte[SocketAddressCodec.MaxLength];
        nint result;
        int addressLength;
        do
        {
            result = Sys.recvfrom(Fd, buffer, Sys.MSG_DONTWAIT, address, out addressLength);
        }
        while (result == -(int)Errno.EINTR);

        length = 0;
        source = null;
        if (result == -(int)Errno.EAGAIN)
        {
            return false;
        }

        Check("recvfrom", result);
        length = (int)result;
        source = SocketAddressCodec.Read(address[..Math.Clamp(addressLength, 0, address.Length)]);
        return true;
    }

    /// <inheritdoc/>
    public IBackendSocket? TryAccept(out IPEndPoint? peer)
    {
        if (_acquired)
        {
            // Its owner reads the same queue, and the descriptor may block: taking a connection would lose it.
            throw LinuxErrors.Own(
                "RPS5065", Errno.EOPNOTSUPP, "accept", $"The connections of {Describe()} belong to the process that listens.",
                "Accept on sockets of this process only.");
        }

        Span<byte> address = stackalloc byte[SocketAddressCodec.MaxLength];
        nint result;
        int addressLength;
        do
        {
            result = Sys.accept4(Fd, address, out addressLength, SOCK_CLOEXEC | SOCK_NONBLOCK);
        }
        while (result is -(int)Errno.EINTR or -(int)Errno.ECONNABORTED);

        peer = null;
        if (result == -(int)Errno.EAGAIN)
        {
            return null;
        }

        Check("accept", result);
        peer = SocketAddressCodec.Read(address[..Math.Clamp(addressLength, 0, address.Length)]);
        return new LinuxSocket(new SafeSocketFd(result), Protocol, Family);
    }

    /// <inheritdoc/>
    public IBackendSocket Duplicate()
    {
        nint fd = Sys.fcntl(Fd, Sys.F_DUPFD_CLOEXEC, 0);
        Check("dup", fd);
        return new LinuxSocket(new SafeSocketFd(fd), Protocol, Family, _acquired);
    }

    /// <inheritdoc/>
    public void Abort()
    {
        ReadOnlySpan<int> lingerNothing = [1, 0];
        Check("SO_LINGER", Sys.setsockopt(Fd, SOL_SOCKET, SO_LINGER, MemoryMarshal.AsBytes(lingerNothing)));
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    /// <summary>The socket as a diagnostic names it: protocol, address and what decides about its group.</summary>
    internal string Describe()
    {
        if (Fd.IsClosed)
        {
            return $"a closed {Kind} socket";
        }

        // What cannot be asked is left out: this runs while another error is being reported.
        Span<byte> value = stackalloc byte[SocketAddressCodec.MaxLength];
        IPEndPoint? local = Sys.getsockname(Fd, value, out int length) < 0 ? null : SocketAddressCodec.Read(value[..Math.Min(length, value.Length)]);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"the {Kind} socket {(local is null or { Port: 0 } ? "that is not bound" : local)} (");
        text.Append(Sys.getsockopt(Fd, SOL_SOCKET, SO_COOKIE, value[..8]) < 0 ? "no cookie" : $"cookie {MemoryMarshal.Read<ulong>(value)}");
        if (Sys.getsockopt(Fd, SOL_SOCKET, SO_REUSEPORT, value[..4]) >= 0 && MemoryMarshal.Read<int>(value) == 0)
        {
            text.Append(", without SO_REUSEPORT");
        }

        if (Sys.getpeername(Fd, value, out _) >= 0)
        {
            text.Append(", connected");
        }
        else if (Protocol == TransportProtocol.Tcp && Sys.getsockopt(Fd, SOL_SOCKET, SO_ACCEPTCONN, value[..4]) >= 0 && MemoryMarshal.Read<int>(value) == 0)
        {
            text.Append(", not listening");
        }

        return text.Append(')').ToString();
    }

    /// <summary>Creates a socket in the namespace of the calling thread.</summary>
    internal static LinuxSocket Create(SocketSpec spec)
    {
        bool tcp = spec.Protocol == TransportProtocol.Tcp;
        nint fd = AsUser(spec.Uid, () => Sys.socket(
            spec.Family == IpFamily.V4 ? AF_INET : AF_INET6, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, tcp ? IPPROTO_TCP : IPPROTO_UDP));
        if (fd < 0)
        {
            throw LinuxErrors.Refused("socket", fd, $"{spec.Protocol} over {spec.Family}");
        }

        LinuxSocket socket = new(new SafeSocketFd(fd), spec.Protocol, spec.Family);
        try
        {
            if (spec.ReusePort)
            {
                socket.SetOption(SocketOption.ReusePort, 1);
            }

            if (spec is { Family: IpFamily.V6, V6Only: bool v6Only })
            {
                socket.SetOption(SocketOption.V6Only, v6Only ? 1 : 0);
            }

            if (spec.IncomingCpu is int cpu)
            {
                socket.SetOption(SocketOption.IncomingCpu, cpu);
            }

            if (spec.Device is string device)
            {
                nint result = Sys.setsockopt(socket.Fd, SOL_SOCKET, SO_BINDTODEVICE, Encoding.ASCII.GetBytes(device + '\0'));
                if (result < 0)
                {
                    throw LinuxErrors.Refused("SO_BINDTODEVICE", result, $"device '{device}'");
                }
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // A socket is its creator's: the file system uid of the thread that calls socket(2).
    private static nint AsUser(uint? uid, Func<nint> create)
    {
        if (uid is not uint user)
        {
            return create();
        }

        uint before = (uint)Sys.setfsuid(user);
        try
        {
            // setfsuid tells no failure: what it is now must be asked.
            return (uint)Sys.setfsuid(user) == user ? create() : -(nint)(int)Errno.EPERM;
        }
        finally
        {
            Sys.setfsuid(before);
        }
    }

    private string Kind => $"{(Protocol == TransportProtocol.Tcp ? "TCP" : "UDP")} {(Family == IpFamily.V4 ? "IPv4" : "IPv6")}";

    private static (int Level, int Number, string Name) Describe(SocketOption option) => option switch
    {
        SocketOption.ReusePort => (SOL_SOCKET, SO_REUSEPORT, nameof(SO_REUSEPORT)),
        SocketOption.ReuseAddress => (SOL_SOCKET, SO_REUSEADDR, nameof(SO_REUSEADDR)),
        SocketOption.IncomingCpu => (SOL_SOCKET, SO_INCOMING_CPU, nameof(SO_INCOMING_CPU)),
        SocketOption.LockFilter => (SOL_SOCKET, SO_LOCK_FILTER, nameof(SO_LOCK_FILTER)),
        SocketOption.V6Only => (IPPROTO_IPV6, IPV6_V6ONLY, nameof(IPV6_V6ONLY)),
        SocketOption.DeferAccept => (IPPROTO_TCP, TCP_DEFER_ACCEPT, nameof(TCP_DEFER_ACCEPT)),
        SocketOption.FastOpen => (IPPROTO_TCP, TCP_FASTOPEN, nameof(TCP_FASTOPEN)),
        SocketOption.FastOpenConnect => (IPPROTO_TCP, TCP_FASTOPEN_CONNECT, nameof(TCP_FASTOPEN_CONNECT)),
        SocketOption.SegmentSize => (IPPROTO_UDP, UDP_SEGMENT, nameof(UDP_SEGMENT)),
        _ => throw new ArgumentOutOfRangeException(nameof(option), option, "There is no such option."),
    };

    private int GetInteger(int level, int option, string name)
    {
        Span<byte> value = stackalloc byte[4];
        Check(name, Sys.getsockopt(Fd, level, option, value));
        return MemoryMarshal.Read<int>(value);
    }

    private void SetInteger(int level, int option, string name, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        MemoryMarshal.Write(bytes, in value);
        Check(name, Sys.setsockopt(Fd, level, option, bytes));
    }

    private nint SendWhenRoom(ReadOnlySpan<byte> data, ReadOnlySpan<byte> address)
    {
        nint result;
        do
        {
            result = Sys.sendto(Fd, data, Sys.MSG_DONTWAIT | Sys.MSG_NOSIGNAL, address);
        }
        while (result == -(int)Errno.EINTR || (result == -(int)Errno.EAGAIN && Poll(Sys.POLLOUT, s_patience)));
        return result;
    }

    private bool Poll(short events, TimeSpan timeout)
    {
        using FdLease lease = new(Fd);
        return Readiness.Wait([new Sys.PollFd { fd = lease.Number, events = events }], timeout) == 0;
    }

    private void Check(string operation, nint result)
    {
        if (result < 0)
        {
            throw LinuxErrors.Refused(operation, result, Describe());
        }
    }
}
