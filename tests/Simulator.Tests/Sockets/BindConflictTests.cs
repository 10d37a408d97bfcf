using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Tests.Sockets;

/// <summary>Semantics §1.3: who may bind beside whom, and who then gets the packets.</summary>
public sealed class BindConflictTests
{
    private readonly Host _host = new();

    /// <summary>Two sockets: address, SO_REUSEPORT, v6only; the outcome of the second; destination of a packet and which of the two gets it.</summary>
    public static TheoryData<string, bool, string, bool, bool, bool, Errno> Pairs => new()
    {
        { "127.0.0.1", false, "127.0.0.1", true, false, false, Errno.EADDRINUSE },
        { "127.0.0.1", true, "127.0.0.1", false, false, false, Errno.EADDRINUSE },
        { "127.0.0.1", false, "127.0.0.1", false, false, false, Errno.EADDRINUSE },
        { "127.0.0.1", true, "127.0.0.1", true, false, false, Errno.None },
        { "127.0.0.1", false, "127.0.0.2", false, false, false, Errno.None },
        { "127.0.0.1", false, "0.0.0.0", false, false, false, Errno.EADDRINUSE },
        { "127.0.0.1", false, "0.0.0.0", true, false, false, Errno.EADDRINUSE },
        { "0.0.0.0", true, "127.0.0.1", true, false, false, Errno.None },
        { "::", true, "0.0.0.0", true, false, false, Errno.None },
        { "::", false, "0.0.0.0", false, false, false, Errno.EADDRINUSE },
        { "0.0.0.0", false, "::", false, false, false, Errno.EADDRINUSE },
        { "::", false, "0.0.0.0", false, true, false, Errno.None },
        { "0.0.0.0", false, "::", false, false, true, Errno.None },
        { "::", true, "::", true, true, false, Errno.None },
        { "::", false, "::", false, true, false, Errno.EADDRINUSE },
        { "::1", false, "::", false, false, false, Errno.EADDRINUSE },
        { "::1", false, "0.0.0.0", false, false, false, Errno.None },
        { "0.0.0.0", false, "::1", false, false, false, Errno.None },
        { "::ffff:127.0.0.1", true, "127.0.0.1", true, false, false, Errno.None },
        { "::ffff:127.0.0.1", false, "127.0.0.1", false, false, false, Errno.EADDRINUSE },
        { "::ffff:127.0.0.1", false, "127.0.0.2", false, false, false, Errno.None },
        { "::ffff:127.0.0.1", false, "0.0.0.0", false, false, false, Errno.EADDRINUSE },
        { "::ffff:127.0.0.1", false, "::", false, false, false, Errno.EADDRINUSE },
        { "::ffff:127.0.0.1", false, "::", false, false, true, Errno.None },
    };

    public static TheoryData<TransportProtocol> Protocols => [TransportProtocol.Tcp, TransportProtocol.Udp];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Udp_bind(string first, bool firstFlag, string second, bool secondFlag, bool firstV6Only, bool secondV6Only, Errno expected) =>
        Assert.Equal(expected, Bind(TransportProtocol.Udp, first, firstFlag, second, secondFlag, firstV6Only, secondV6Only));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Tcp_bind(string first, bool firstFlag, string second, bool secondFlag, bool firstV6Only, bool secondV6Only, Errno expected) =>
        Assert.Equal(expected, Bind(TransportProtocol.Tcp, first, firstFlag, second, secondFlag, firstV6Only, secondV6Only));

    [Theory]
    [InlineData(TransportProtocol.Udp, "127.0.0.1", "127.0.0.1", Errno.EADDRINUSE)]
    [InlineData(TransportProtocol.Udp, "0.0.0.0", "127.0.0.1", Errno.EADDRINUSE)]
    [InlineData(TransportProtocol.Udp, "127.0.0.1", "127.0.0.2", Errno.None)]
    [InlineData(TransportProtocol.Tcp, "127.0.0.1", "127.0.0.1", Errno.EADDRINUSE)]
    public void Another_uid_shares_no_overlapping_address(TransportProtocol protocol, string first, string second, Errno expected)
    {
        _host.Open(protocol, first);
        using SimulatedProcess other = _host.Backend.CreateProcess("other", uid: 65534);
        IBackendSocket socket = other.CreateSocket(new SocketSpec(protocol, IpFamily.V4));
        Assert.Equal(expected, Host.Outcome(() => socket.Bind(Host.EndPoint(second))));
    }

    [Fact]
    public void Reuse_address_lets_udp_sockets_share_and_the_last_bound_takes_all()
    {
        foreach (int _ in Enumerable.Range(0, 2))
        {
            IBackendSocket socket = _host.Socket(TransportProtocol.Udp, "127.0.0.1", reusePort: false);
            socket.SetOption(SocketOption.ReuseAddress, 1);
            socket.Bind(Host.EndPoint("127.0.0.1"));
        }

        IBackendSocket last = _host.Socket(TransportProtocol.Udp, "127.0.0.1", reusePort: false);
        last.SetOption(SocketOption.ReuseAddress, 1);
        last.Bind(Host.EndPoint("127.0.0.1"));
        Decision decision = _host.Deliver(TransportProtocol.Udp, "127.0.0.1");
        Assert.Equal((DecisionKind.Socket, last.Cookie), (decision.Kind, decision.Cookie));
    }

    [Fact]
    public void Reuse_address_lets_tcp_sockets_bind_but_one_listen()
    {
        IBackendSocket[] sockets = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            IBackendSocket socket = _host.Socket(TransportProtocol.Tcp, "127.0.0.1", reusePort: false);
            socket.SetOption(SocketOption.ReuseAddress, 1);
            socket.Bind(Host.EndPoint("127.0.0.1"));
            return socket;
        })];
        sockets[0].Listen(1);
        Assert.Equal(Errno.EADDRINUSE, Host.Outcome(() => sockets[1].Listen(1)));
    }

    /// <summary>Surprise 17: a flag cleared after bind stops a second UDP binder, but not a TCP one.</summary>
    [Theory]
    [InlineData(TransportProtocol.Udp, Errno.EADDRINUSE)]
    [InlineData(TransportProtocol.Tcp, Errno.None)]
    public void Flag_cleared_after_bind(TransportProtocol protocol, Errno expected)
    {
        IBackendSocket first = _host.Open(protocol, "127.0.0.1");
        first.SetOption(SocketOption.ReusePort, 0);
        IBackendSocket second = _host.Socket(protocol, "127.0.0.1");
        Assert.Equal(expected, Host.Outcome(() => second.Bind(Host.EndPoint("127.0.0.1"))));
    }

    /// <summary>Surprise 17: the cleared member that is first in the chain takes everything, and no program runs.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public void First_in_the_chain_without_the_flag_takes_all(TransportProtocol protocol)
    {
        IBackendSocket[] members = _host.OpenGroup(protocol, "127.0.0.1", 3);
        members[0].AttachProgram(_host.Returning(0));
        members[0].SetOption(SocketOption.ReusePort, 0);
        Assert.Equal(DecisionKind.ProgramReject, _host.Deliver(protocol, "127.0.0.1").Kind);
        members[2].SetOption(SocketOption.ReusePort, 0);
        Decision decision = _host.Deliver(protocol, "127.0.0.1");

        // The flagless socket is only a candidate: with an equal score nobody after it is asked.
        Assert.Equal((DecisionKind.Socket, members[2].Cookie, 0), (decision.Kind, decision.Cookie, decision.ProgramRuns));
        Assert.Equal(2, decision.MemberIndex);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Devices_make_groups_and_the_last_created_of_ipv4_wins(TransportProtocol protocol)
    {
        IBackendSocket anywhere = _host.Open(protocol, "127.0.0.1");
        IBackendSocket onDevice = _host.Open(protocol, "127.0.0.1", device: "lo");
        Assert.NotSame(((SimulatedSocket)anywhere).Sock.Group, ((SimulatedSocket)onDevice).Sock.Group);
        Assert.Equal(onDevice.Cookie, _host.Deliver(protocol, "127.0.0.1").Cookie);
        IBackendSocket late = _host.Open(protocol, "127.0.0.1");
        Assert.Equal([anywhere.Cookie, late.Cookie], _host.Backend.MemberOrder(_host.Record(late))!);
        Assert.NotEqual(onDevice.Cookie, _host.Deliver(protocol, "127.0.0.1").Cookie);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Devices_make_groups_and_the_first_created_of_ipv6_wins(TransportProtocol protocol)
    {
        IBackendSocket anywhere = _host.Open(protocol, "::1");
        _host.Open(protocol, "::1", device: "lo");
        Assert.Equal(anywhere.Cookie, _host.Deliver(protocol, "::1").Cookie);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Sockets_on_different_devices_do_not_conflict_and_do_not_hear_the_other(TransportProtocol protocol)
    {
        int eth0 = _host.Network.AddDevice("eth0");
        IBackendSocket lo = _host.Open(protocol, "10.0.0.1", reusePort: false, device: "lo");
        IBackendSocket eth = _host.Open(protocol, "10.0.0.1", reusePort: false, device: "eth0");
        Assert.Equal(lo.Cookie, _host.Deliver(protocol, "10.0.0.1").Cookie);
        Assert.Equal(eth.Cookie, _host.Deliver(protocol, "10.0.0.1", device: eth0).Cookie);
        Assert.Equal(Errno.ENODEV, Host.Outcome(() => _host.Socket(protocol, "10.0.0.1", device: "eth7")));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Ephemeral_ports_are_in_range_and_differ(TransportProtocol protocol)
    {
        int[] ports = [.. Enumerable.Range(0, 200).Select(_ => _host.Open(protocol, "127.0.0.1", port: 0, reusePort: false).LocalEndPoint!.Port)];
        Assert.Equal(200, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port, 32768, 60999));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Bind_checks_its_arguments(TransportProtocol protocol)
    {
        IBackendSocket v4 = _host.Socket(protocol, "127.0.0.1");
        Assert.Equal(Errno.EAFNOSUPPORT, Host.Outcome(() => v4.Bind(Host.EndPoint("::1"))));
        IBackendSocket v6 = _host.Socket(protocol, "::1");
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => v6.Bind(Host.EndPoint("127.0.0.1"))));
        IBackendSocket v6Only = _host.Socket(protocol, "::1", v6Only: true);
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => v6Only.Bind(Host.EndPoint("::ffff:127.0.0.1"))));
        v4.Bind(Host.EndPoint("127.0.0.1"));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => v4.Bind(Host.EndPoint("127.0.0.1", 1))));
    }

    /// <summary>Observed on 6.18: a specific IPv6 address makes a socket IPv6 only, a mapped one does not.</summary>
    [Theory]
    [InlineData("::1", 1)]
    [InlineData("::", 0)]
    [InlineData("::ffff:127.0.0.1", 0)]
    public void Specific_address_makes_v6_only(string address, int expected) =>
        Assert.Equal(expected, _host.Open(TransportProtocol.Udp, address).GetOption(SocketOption.V6Only));

    private Errno Bind(TransportProtocol protocol, string first, bool firstFlag, string second, bool secondFlag, bool firstV6Only, bool secondV6Only)
    {
        _host.Open(protocol, first, reusePort: firstFlag, v6Only: firstV6Only);
        IBackendSocket socket = _host.Socket(protocol, second, secondFlag, secondV6Only);
        return Host.Outcome(() => socket.Bind(Host.EndPoint(second)));
    }
}
