namespace ReuseportPS.Linux.Interop;

/// <summary>Numbers of socket(7), ip(7), ipv6(7) and netlink(7) (asm-generic; the same on x86-64 and arm64).</summary>
internal static class SocketConstants
{
    internal const int AF_UNSPEC = 0;
    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int AF_NETLINK = 16;

    internal const int SOCK_STREAM = 1;
    internal const int SOCK_DGRAM = 2;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;

    internal const int IPPROTO_TCP = 6;
    internal const int IPPROTO_UDP = 17;
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;
    internal const int TCP_DEFER_ACCEPT = 9;
    internal const int TCP_FASTOPEN = 23;
    internal const int TCP_FASTOPEN_CONNECT = 30;
    internal const int UDP_SEGMENT = 103;

    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_TYPE = 3;
    internal const int SO_ERROR = 4;
    internal const int SO_LINGER = 13;
    internal const int SO_REUSEPORT = 15;
    internal const int SO_BINDTODEVICE = 25;
    internal const int SO_ACCEPTCONN = 30;
    internal const int SO_PROTOCOL = 38;
    internal const int SO_DOMAIN = 39;
    internal const int SO_LOCK_FILTER = 44;
    internal const int SO_INCOMING_CPU = 49;
    internal const int SO_ATTACH_REUSEPORT_CBPF = 51;
    internal const int SO_ATTACH_REUSEPORT_EBPF = 52;
    internal const int SO_COOKIE = 57;
    internal const int SO_NETNS_COOKIE = 71;
    internal const int SO_BINDTOIFINDEX = 62;
    internal const int SO_DETACH_REUSEPORT_BPF = 68;

    internal const int NETLINK_ROUTE = 0;
    internal const int NETLINK_SOCK_DIAG = 4;
}
