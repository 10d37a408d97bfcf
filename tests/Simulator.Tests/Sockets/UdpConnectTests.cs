using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Tests.Sockets;

/// <summary>Semantics §1.6: connect takes a UDP socket out of its group, and nothing but a new bind brings it back.</summary>
public sealed class UdpConnectTests
{
    private const string Peer = "127.0.0.9";
    private const int PeerPort = 40000;

    private readonly Host _host = new();

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.9")]
    [InlineData("0.0.0.0", "127.0.0.9")]
    [InlineData("::1", "::1")]
    [InlineData("::", "::1")]
    public void Connect_leaves_group_and_map(string bound, string peer)
    {
        IBackendMap seats = _host.SockArray();
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, bound, 3);
        seats.UpdateSocket(0, members[0]);
        members[0].Connect(Host.EndPoint(peer, PeerPort));

        Assert.Null(seats.Lookup([0, 0, 0, 0]));
        Assert.Equal([members[2].Cookie, members[1].Cookie], _host.Backend.MemberOrder(_host.Record(members[1]))!);
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => seats.UpdateSocket(0, members[0])));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => members[0].AttachProgram(_host.Returning(1))));
        Assert.Equal(Errno.ENOENT, Host.Outcome(members[0].DetachProgram));
        Assert.True(_host.Record(members[0]).IsConnected);
    }

    [Fact]
    public void Connected_socket_gets_its_peer_without_a_program_run()
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 3);
        members[0].AttachProgram(_host.Returning(0));
        members[1].Connect(Host.EndPoint(Peer, PeerPort));
        Decision fromPeer = _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 2, from: Peer, fromPort: PeerPort);
        Assert.Equal((DecisionKind.Connected, members[1].Cookie, 0), (fromPeer.Kind, fromPeer.Cookie, fromPeer.ProgramRuns));
        Assert.Equal(2, members[1].GetOption(SocketOption.IncomingCpu));
        Decision fromOther = _host.Deliver(TransportProtocol.Udp, "127.0.0.1", from: Peer, fromPort: PeerPort + 1);
        Assert.Equal((DecisionKind.ProgramReject, 1), (fromOther.Kind, fromOther.ProgramRuns));
    }

    /// <summary>Surprise 2: the last bound orphan of IPv4 takes everything, any other nothing.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void Orphan_bound_to_an_address_takes_all_only_when_it_was_bound_last(int orphan, bool takesAll)
    {
        IBackendSocket[] members = Orphan("127.0.0.1", orphan);
        AssertTakesAll(members[orphan], takesAll);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Orphan_bound_to_the_wildcard_always_takes_all_until_a_newer_socket_binds(int orphan)
    {
        IBackendSocket[] members = Orphan("0.0.0.0", orphan);
        AssertTakesAll(members[orphan], takesAll: true);
        IBackendSocket late = _host.Open(TransportProtocol.Udp, "0.0.0.0");

        // The newcomer is met before the orphan; it joined whom it met first on the port, which is the orphan when that was bound last.
        bool joinedOrphan = _host.Backend.MemberOrder(_host.Record(late))!.Contains(members[orphan].Cookie);
        Assert.Equal(orphan == 2, joinedOrphan);
        if (!joinedOrphan)
        {
            AssertTakesAll(members[orphan], takesAll: false);
        }
    }

    [Fact]
    public void Orphan_of_ipv6_takes_all_of_its_former_peer_and_nothing_else()
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, "::1", 3);
        members[1].Connect(Host.EndPoint("::1", PeerPort));
        members[1].Disconnect();
        Assert.Equal(members[1].Cookie, _host.Deliver(TransportProtocol.Udp, "::1", from: "::1", fromPort: 7).Cookie);
        Assert.NotEqual(members[1].Cookie, _host.Deliver(TransportProtocol.Udp, "::1", from: "fd00::2", fromPort: 7).Cookie);
    }

    [Fact]
    public void Orphan_that_received_while_connected_wins_on_that_cpu()
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 3);
        members[0].Connect(Host.EndPoint(Peer, PeerPort));
        _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 1, from: Peer, fromPort: PeerPort);
        members[0].Disconnect();
        Assert.Equal(members[0].Cookie, _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 1).Cookie);
        Assert.NotEqual(members[0].Cookie, _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 0).Cookie);
    }

    /// <summary>The wildcard socket leaves before the group is told of a connection, so its group's answer stays final.</summary>
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("0.0.0.0", false)]
    public void Group_remembers_a_connection_of_a_socket_with_an_address(string bound, bool remembers)
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, bound, 2);
        members[0].Connect(Host.EndPoint(Peer, PeerPort));
        Assert.Equal(remembers, ((Simulator.Sockets.SimulatedSocket)members[1]).Sock.Group!.HasConnections);
    }

    [Fact]
    public void Drop_of_a_group_with_connections_is_a_candidate_only()
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 3);
        members[0].SetOption(SocketOption.IncomingCpu, 1);
        members[2].AttachProgram(_host.Returning(0));
        members[0].Connect(Host.EndPoint(Peer, PeerPort));
        members[0].Disconnect();
        Assert.Equal(DecisionKind.ProgramReject, _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 0).Kind);
        Assert.Equal(members[0].Cookie, _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 1).Cookie);
    }

    /// <summary>Surprise 3: the next bind joins the orphan when it is met first, in a new group without the program.</summary>
    [Fact]
    public void Later_bind_may_join_the_orphan_in_a_second_group()
    {
        IBackendSocket[] members = Orphan("127.0.0.1", 2);
        members[0].AttachProgram(_host.Returning(0));
        IBackendSocket late = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        Assert.Equal([members[2].Cookie, late.Cookie], _host.Backend.MemberOrder(_host.Record(late))!);
        Assert.Equal([members[0].Cookie, members[1].Cookie], _host.Backend.MemberOrder(_host.Record(members[0]))!);
        Assert.Equal(AttachmentState.None, _host.Backend.InspectAttachment(_host.Record(late)).State);
        Assert.Equal(DecisionKind.Hash, _host.Deliver(TransportProtocol.Udp, "127.0.0.1").Kind);
    }

    /// <summary>Observed on 6.18: without a connection before, AF_UNSPEC takes a socket on the wildcard out of its group, one with an address stays.</summary>
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    public void Disconnect_of_a_socket_that_never_connected(string bound, bool stays)
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, bound, 2);
        members[0].Disconnect();
        Assert.Equal(stays ? 2 : 0, _host.Backend.MemberOrder(_host.Record(members[0]))!.Count);
    }

    /// <summary>Observed on 6.18: what bind was not given is gone after a disconnect.</summary>
    [Theory]
    [InlineData("127.0.0.1", 5000, "127.0.0.1:5000")]
    [InlineData("127.0.0.1", 0, "127.0.0.1:0")]
    [InlineData("0.0.0.0", 5000, "0.0.0.0:5000")]
    [InlineData("0.0.0.0", 0, null)]
    public void Disconnect_keeps_what_bind_was_given(string bound, int port, string? expected)
    {
        IBackendSocket socket = _host.Open(TransportProtocol.Udp, bound, port);
        socket.Connect(Host.EndPoint(Peer, PeerPort));
        Assert.Equal("127.0.0.1", socket.LocalEndPoint!.Address.ToString());
        socket.Disconnect();
        Assert.Equal(expected, socket.LocalEndPoint?.ToString());
    }

    /// <summary>Observed on 6.18.</summary>
    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("127.0.0.5", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("fd00::5", "::1")]
    public void Connect_chooses_the_source_address(string peer, string expected)
    {
        IBackendSocket socket = _host.Socket(TransportProtocol.Udp, peer);
        socket.Connect(Host.EndPoint(peer));
        Assert.Equal(expected, socket.LocalEndPoint!.Address.ToString());
        Assert.InRange(socket.LocalEndPoint.Port, 32768, 60999);
    }

    private IBackendSocket[] Orphan(string bound, int index)
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, bound, 3);
        members[index].Connect(Host.EndPoint(Peer, PeerPort));
        members[index].Disconnect();
        return members;
    }

    private void AssertTakesAll(IBackendSocket socket, bool takesAll)
    {
        for (int port = 2000; port < 2064; port++)
        {
            bool isTaken = _host.Deliver(TransportProtocol.Udp, "127.0.0.1", fromPort: port).Cookie == socket.Cookie;
            Assert.Equal(takesAll, isTaken);
        }
    }
}
