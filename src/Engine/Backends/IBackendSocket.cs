using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>A handle on one socket. Disposing closes the handle; the socket ends with its last handle. Nothing here blocks except <see cref="Connect"/>.</summary>
public interface IBackendSocket : IDisposable
{
    /// <summary>TCP or UDP.</summary>
    TransportProtocol Protocol { get; }

    /// <summary>IPv4 or IPv6.</summary>
    IpFamily Family { get; }

    /// <summary>SO_COOKIE: the identity of the socket, equal in every process and map.</summary>
    ulong Cookie { get; }

    /// <summary>SO_NETNS_COOKIE: the identity of the socket's network namespace, which unlike its inode number is given to no other until the next boot; 0 where it is not told (before Linux 5.14).</summary>
    ulong NamespaceCookie => 0;

    /// <summary>Local end point, or null before bind.</summary>
    IPEndPoint? LocalEndPoint { get; }

    /// <summary>getsockopt.</summary>
    int GetOption(SocketOption option);

    /// <summary>setsockopt.</summary>
    void SetOption(SocketOption option, int value);

    /// <summary>bind(2).</summary>
    void Bind(IPEndPoint endPoint);

    /// <summary>listen(2).</summary>
    void Listen(int backlog);

    /// <summary>connect(2). TCP: returns when the handshake is done, refused, or after two seconds with ETIMEDOUT.</summary>
    void Connect(IPEndPoint endPoint);

    /// <summary>connect(2) with AF_UNSPEC.</summary>
    void Disconnect();

    /// <summary>shutdown(2).</summary>
    void Shutdown(SocketShutdown how);

    /// <summary>setsockopt(SO_ATTACH_REUSEPORT_EBPF): replaces whatever program the group has.</summary>
    void AttachProgram(IBackendProgram program);

    /// <summary>
    /// setsockopt(SO_ATTACH_REUSEPORT_CBPF): replaces whatever program the group has. The program returns the index of a member; one that there is not leaves
    /// the choice to the kernel's hash. It needs no privilege, has no id and cannot be seen or put back.
    /// </summary>
    void AttachClassicProgram(ClassicProgram program);

    /// <summary>setsockopt(SO_DETACH_REUSEPORT_BPF).</summary>
    void DetachProgram();

    /// <summary>sendto(2) on UDP; a port unreachable answer shows as ECONNREFUSED at a later call of a connected socket.</summary>
    void SendTo(ReadOnlySpan<byte> datagram, IPEndPoint destination);

    /// <summary>send(2) on a connected socket.</summary>
    void Send(ReadOnlySpan<byte> data);

    /// <summary>recvfrom(2), not blocking: false when nothing is there. Length is what was received, at most the buffer's.</summary>
    bool TryReceive(Span<byte> buffer, out int length, out IPEndPoint? source);

    /// <summary>accept(2), not blocking: null when the queue is empty. The accepted socket's peer is <paramref name="peer"/>.</summary>
    IBackendSocket? TryAccept(out IPEndPoint? peer);

    /// <summary>dup(2): another handle on the same socket, as a process has that inherited it.</summary>
    IBackendSocket Duplicate();

    /// <summary>Closes at once and resets a connection (SO_LINGER 0), so that its port is free again.</summary>
    void Abort();
}
