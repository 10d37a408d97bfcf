using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests;

public sealed class ConnectionTests : LinuxTest
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")] // dual-stack: the flow is IPv4
    public void Established_connections_are_listed_and_nothing_else(string bound, string to) => Namespace.Run(() =>
    {
        using TcpListener listener = new(new IPEndPoint(IPAddress.Parse(bound), 9000));
        if (bound == "::")
        {
            listener.Server.DualMode = true;
        }

        listener.Start();
        using Socket first = Connect(to, 9000);
        using Socket second = Connect(to, 9000);
        using Socket other = new(SocketType.Dgram, ProtocolType.Udp);
        using Socket accepted = listener.AcceptSocket();
        IReadOnlyList<LiveConnection> found = Backend.FindConnections(TransportProtocol.Tcp, 9000, Namespace);
        Assert.Equal(
            new[] { first, second }.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port).Order(),
            found.Select(connection => connection.Remote.Port).Order());
        Assert.All(found, connection => Assert.Equal((to.Contains(':', StringComparison.Ordinal) ? IpFamily.V6 : IpFamily.V4, IPAddress.Parse(to)), (connection.Flow.Family, connection.Flow.SourceEndPoint.Address)));
        Assert.Empty(Backend.FindConnections(TransportProtocol.Tcp, 9001, Namespace));
        Assert.Empty(Backend.FindConnections(TransportProtocol.Udp, 9000, Namespace));
        return true;
    });

    [Fact]
    public void A_connected_datagram_socket_is_listed_and_an_unconnected_one_not() => Namespace.Run(() =>
    {
        using Socket service = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        service.Bind(new IPEndPoint(IPAddress.Loopback, 9000));
        Assert.Empty(Backend.FindConnections(TransportProtocol.Udp, 9000, Namespace));
        service.Connect(new IPEndPoint(IPAddress.Loopback, 4000));
        LiveConnection connection = Assert.Single(Backend.FindConnections(TransportProtocol.Udp, 9000, Namespace));
        Assert.Equal("udp 127.0.0.1:4000 -> 127.0.0.1:9000", connection.Flow.ToString());
        return true;
    });

    private static Socket Connect(string to, int port)
    {
        IPAddress address = IPAddress.Parse(to);
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(address, port);
        return socket;
    }
}
