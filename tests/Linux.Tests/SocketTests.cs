using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests;

public sealed class SocketTests : LinuxTest
{
    public static TheoryData<TransportProtocol, string> EndPoints => new()
    {
        { TransportProtocol.Udp, "127.0.0.1:9000" }, { TransportProtocol.Udp, "[::1]:9000" }, { TransportProtocol.Udp, "10.1.2.3:53" },
        { TransportProtocol.Udp, "[2001:db8::5]:53" }, { TransportProtocol.Udp, "0.0.0.0:9000" }, { TransportProtocol.Tcp, "127.0.0.1:9000" },
        { TransportProtocol.Tcp, "[::1]:9000" }, { TransportProtocol.Tcp, "203.0.113.9:80" }, { TransportProtocol.Tcp, "[2001:db8::5]:80" },
    };

    [Theory]
    [MemberData(nameof(EndPoints))]
    public void Sockets_of_one_address_share_it_with_the_option_only(TransportProtocol protocol, string endPoint)
    {
        _ = Group(protocol, endPoint, 3);
        Assert.Equal(Errno.EADDRINUSE, ErrnoOf(() => Member(protocol, endPoint, reusePort: false)));
    }

    [Theory]
    [InlineData("127.0.0.1:9000", "127.0.0.1:40000")]
    [InlineData("10.1.2.3:53", "198.51.100.7:1234")]
    [InlineData("[2001:db8::5]:53", "[2001:db8:1::77]:1234")]
    public void A_flow_between_any_two_addresses_arrives(string destination, string source)
    {
        foreach (TransportProtocol protocol in (TransportProtocol[])[TransportProtocol.Udp, TransportProtocol.Tcp])
        {
            Assert.InRange(WhoGets(Group(protocol, destination, 4), source), 0, 3);
        }
    }

    [Fact]
    public void Options_are_those_of_the_kernel()
    {
        LinuxSocket socket = (LinuxSocket)Own(Backend.CreateSocket(
            new SocketSpec(TransportProtocol.Udp, IpFamily.V6, V6Only: true, IncomingCpu: 1, Device: "lo"), Namespace));
        Assert.Equal(1, socket.GetOption(SocketOption.ReusePort));
        Assert.Equal(0, socket.GetOption(SocketOption.ReuseAddress));
        Assert.Equal(1, socket.GetOption(SocketOption.V6Only));
        Assert.Equal(1, socket.GetOption(SocketOption.IncomingCpu));
        Assert.Equal(0, socket.GetOption(SocketOption.LockFilter));
        socket.SetOption(SocketOption.LockFilter, 1);
        Assert.Equal(1, socket.GetOption(SocketOption.LockFilter));
        Assert.Equal(Errno.EPERM, ErrnoOf(() => socket.SetOption(SocketOption.LockFilter, 0)));
        socket.Bind(IPEndPoint.Parse("[::]:9000"));
        Assert.Equal(1, Record(socket).InterfaceIndex);

        LinuxSocket plain = Socket(TransportProtocol.Tcp, reusePort: false);
        Assert.Equal(0, plain.GetOption(SocketOption.ReusePort));
        Assert.Equal(-1, plain.GetOption(SocketOption.IncomingCpu));
        Assert.Null(plain.LocalEndPoint);
        Assert.Equal(Errno.ENODEV, ErrnoOf(() => Backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4, Device: "none0"), Namespace)));
    }

    [Fact]
    public void A_connection_carries_bytes_both_ways_and_ends()
    {
        LinuxSocket listener = Member(TransportProtocol.Tcp, "127.0.0.1:9000");
        Assert.Null(listener.TryAccept(out _));
        LinuxSocket client = Socket(TransportProtocol.Tcp, reusePort: false);
        client.Connect(listener.LocalEndPoint!);
        Assert.Same(listener, Backend.WaitForArrival([listener], TimeSpan.FromSeconds(5)));
        IBackendSocket accepted = Own(listener.TryAccept(out IPEndPoint? peer)!);
        Assert.Equal(client.LocalEndPoint, peer);
        byte[] buffer = new byte[100];
        Assert.False(accepted.TryReceive(buffer, out _, out _));
        client.Send("question"u8);
        Assert.Same(accepted, Backend.WaitForArrival([accepted], TimeSpan.FromSeconds(5)));
        Assert.True(accepted.TryReceive(buffer, out int length, out IPEndPoint? source));
        Assert.Equal("question"u8.ToArray(), buffer[..length]);
        Assert.Null(source);
        accepted.Send("answer"u8);
        client.Shutdown(SocketShutdown.Send);
        Assert.NotNull(Backend.WaitForArrival([accepted], TimeSpan.FromSeconds(5)));
        Assert.True(accepted.TryReceive(buffer, out length, out _));
        Assert.Equal(0, length);
        accepted.Abort();
        Assert.Throws<ObjectDisposedException>(() => accepted.Cookie);
    }

    [Fact]
    public void Nobody_listening_is_refused()
    {
        LinuxSocket tcp = Socket(TransportProtocol.Tcp, reusePort: false);
        BackendException refused = Assert.Throws<BackendException>(() => tcp.Connect(IPEndPoint.Parse("127.0.0.1:9999")));
        Assert.Equal(("connect", Errno.ECONNREFUSED, "RPS5055"), (refused.Operation, refused.Errno, refused.Diagnostics[0].Code));

        LinuxSocket udp = Socket(TransportProtocol.Udp, reusePort: false);
        udp.Connect(IPEndPoint.Parse("127.0.0.1:9999"));
        udp.Send("x"u8);
        Assert.NotNull(Backend.WaitForArrival([udp], TimeSpan.FromSeconds(5)));
        Assert.Equal(Errno.ECONNREFUSED, ErrnoOf(() => udp.Send("x"u8)));
    }

    [Fact]
    public void Connecting_and_disconnecting_a_datagram_socket()
    {
        LinuxSocket member = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        member.Connect(IPEndPoint.Parse("127.0.0.1:1234"));
        Assert.True(Record(member).IsConnected);
        member.Disconnect();
        Assert.False(Record(member).IsConnected);
    }

    [Fact]
    public void Waiting_ends_without_an_arrival()
    {
        LinuxSocket member = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        Assert.Null(Backend.WaitForArrival([member], TimeSpan.Zero));
        Assert.Null(Backend.WaitForArrival([member], TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public void A_listener_that_is_shut_down_listens_no_more()
    {
        LinuxSocket listener = Member(TransportProtocol.Tcp, "127.0.0.1:9000");
        listener.Shutdown(SocketShutdown.Receive);
        Assert.Empty(Backend.FindSockets(new SocketQuery(Cookie: listener.Cookie, Namespace: Namespace)));
        listener.Listen(1);
        Assert.NotNull(Record(listener));
    }

    [Fact]
    public void A_closed_handle_is_closed()
    {
        LinuxSocket socket = Socket(TransportProtocol.Udp);
        socket.Dispose();
        Assert.Throws<ObjectDisposedException>(() => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        socket.Dispose();
    }
}
