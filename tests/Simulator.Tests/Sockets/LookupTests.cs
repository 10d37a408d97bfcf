using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Tests.Sockets;

/// <summary>Semantics §1.7 and §1.8: which group is asked, and when no program runs.</summary>
public sealed class LookupTests
{
    private readonly Host _host = new();

    public static TheoryData<TransportProtocol> Protocols => [TransportProtocol.Tcp, TransportProtocol.Udp];

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Nobody_listens(TransportProtocol protocol)
    {
        Decision decision = _host.Deliver(protocol, "127.0.0.1");
        Assert.Equal((DecisionKind.NoSocket, 0ul, -1, false), (decision.Kind, decision.Cookie, decision.MemberIndex, decision.IsDelivered));
    }

    /// <summary>Sockets in the order of their opening; destination; index of the one that gets the packet.</summary>
    public static TheoryData<string[], string, int> Priorities => new()
    {
        { ["0.0.0.0", "127.0.0.1"], "127.0.0.1", 1 },
        { ["127.0.0.1", "0.0.0.0"], "127.0.0.1", 0 },
        { ["127.0.0.1", "0.0.0.0"], "127.0.0.2", 1 },
        { ["::", "0.0.0.0"], "127.0.0.1", 1 },
        { ["0.0.0.0", "::"], "127.0.0.1", 0 },
        { ["0.0.0.0", "::"], "::1", 1 },
        { ["::"], "127.0.0.1", 0 },
        { ["::", "127.0.0.1"], "127.0.0.1", 1 },
        { ["::ffff:127.0.0.1", "127.0.0.1"], "127.0.0.1", 1 },
        { ["127.0.0.1", "::ffff:127.0.0.1"], "127.0.0.1", 0 },
        { ["::ffff:127.0.0.1", "0.0.0.0"], "127.0.0.1", 0 },
        { ["::1", "::"], "::1", 0 },
        { ["::1", "::"], "fd00::1", 1 },
        { ["::6only", "::"], "::1", 0 },
        { ["::", "::6only"], "::1", 0 },
        { ["::6only", "::"], "127.0.0.1", 1 },
    };

    [Theory]
    [MemberData(nameof(Priorities))]
    public void Udp_priorities(string[] addresses, string destination, int winner) => CheckWinner(TransportProtocol.Udp, addresses, destination, winner);

    [Theory]
    [MemberData(nameof(Priorities))]
    public void Tcp_priorities(string[] addresses, string destination, int winner) => CheckWinner(TransportProtocol.Tcp, addresses, destination, winner);

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Specific_group_that_drops_does_not_fall_through_to_the_wildcard(TransportProtocol protocol)
    {
        _host.Open(protocol, "0.0.0.0");
        _host.Open(protocol, "127.0.0.1").AttachProgram(_host.Returning(0));
        Decision decision = _host.Deliver(protocol, "127.0.0.1");
        Assert.Equal((DecisionKind.ProgramReject, 0ul), (decision.Kind, decision.Cookie));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Wildcard_pass_hashes_without_the_local_address(TransportProtocol protocol)
    {
        _host.OpenGroup(protocol, "0.0.0.0", 4);
        Decision one = _host.Deliver(protocol, "127.0.0.1");
        Decision other = _host.Deliver(protocol, "127.0.0.2");
        Assert.True(one.IsWildcardPass);
        Assert.Equal(one.Hash, other.Hash);

        Host specific = new();
        specific.OpenGroup(protocol, "127.0.0.1", 4);
        Decision third = specific.Deliver(protocol, "127.0.0.1");
        Assert.False(third.IsWildcardPass);
        Assert.NotEqual(one.Hash, third.Hash);
    }

    [Fact]
    public void Program_runs_for_a_group_of_one()
    {
        _host.Open(TransportProtocol.Udp, "127.0.0.1").AttachProgram(_host.Returning(1));
        Decision decision = _host.Deliver(TransportProtocol.Udp, "127.0.0.1");
        Assert.Equal((DecisionKind.ProgramFallback, 1, 2L, 1u), (decision.Kind, decision.ProgramRuns, decision.Instructions, decision.ProgramResult));
    }

    [Theory]
    [InlineData("224.0.0.1", "0.0.0.0")]
    [InlineData("255.255.255.255", "0.0.0.0")]
    [InlineData("ff02::1", "::")]
    public void Multicast_goes_to_every_member_and_no_program_runs(string destination, string bound)
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, bound, 3);
        members[0].AttachProgram(_host.Returning(0));
        Decision decision = _host.Deliver(TransportProtocol.Udp, destination);
        Assert.Equal((DecisionKind.Multicast, 3, 0), (decision.Kind, decision.Copies, decision.ProgramRuns));
        Assert.All(members, member => Assert.True(member.TryReceive(new byte[1], out _, out _)));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    public void Datagram_with_a_wrong_length_is_dropped_before_the_lookup(ushort length)
    {
        _host.Open(TransportProtocol.Udp, "127.0.0.1").AttachProgram(_host.Returning(1));
        Packet packet = WithUdpLength(Host.Packet(TransportProtocol.Udp, "127.0.0.1"), length);
        Decision decision = _host.Network.Deliver(in packet, 0);
        Assert.Equal((DecisionKind.Malformed, 0), (decision.Kind, decision.ProgramRuns));
    }

    [Fact]
    public void Datagram_is_cut_to_its_stated_length()
    {
        IBackendSocket socket = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        Packet packet = WithUdpLength(Host.Packet(TransportProtocol.Udp, "127.0.0.1", payload: [1, 2, 3, 4]), 10);
        _host.Network.Deliver(in packet, 0);
        byte[] buffer = new byte[16];
        Assert.True(socket.TryReceive(buffer, out int length, out _));
        Assert.Equal([1, 2], buffer[..length]);
    }

    [Fact]
    public void Incoming_cpu_gives_an_ungrouped_socket_the_better_score()
    {
        IBackendSocket[] sockets = [.. Enumerable.Range(0, 2).Select(cpu =>
        {
            IBackendSocket socket = _host.Socket(TransportProtocol.Udp, "127.0.0.1", reusePort: false, incomingCpu: cpu);
            socket.SetOption(SocketOption.ReuseAddress, 1);
            socket.Bind(Host.EndPoint("127.0.0.1"));
            return socket;
        })];
        Assert.Equal(sockets[0].Cookie, _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 0).Cookie);
        Assert.Equal(sockets[1].Cookie, _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 1).Cookie);
        Assert.Equal(sockets[1].Cookie, _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 2).Cookie);
    }

    /// <summary>Semantics §2.2: members 1 and 3 of four want CPU 0.</summary>
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(0, 2, 3)]
    [InlineData(0, 3, 3)]
    [InlineData(1, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 2, 2)]
    [InlineData(1, 3, 3)]
    public void Incoming_cpu_steers_inside_a_group(int cpu, int start, int expected)
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 4);
        int fromPort = 1024;
        while (_host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu, fromPort: fromPort).MemberIndex != start)
        {
            fromPort++;
        }

        members[1].SetOption(SocketOption.IncomingCpu, 0);
        members[3].SetOption(SocketOption.IncomingCpu, 0);
        Assert.Equal(expected, _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu, fromPort: fromPort).MemberIndex);
        members[0].AttachProgram(_host.Returning(1));
        Decision fallback = _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu, fromPort: fromPort);
        Assert.Equal((DecisionKind.ProgramFallback, expected), (fallback.Kind, fallback.MemberIndex));
    }

    [Fact]
    public void Cpu_beyond_the_host_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _host.Deliver(TransportProtocol.Udp, "127.0.0.1", cpu: 4));

    [Fact]
    public void Namespaces_have_tables_of_their_own()
    {
        SimulatedNamespace other = (SimulatedNamespace)_host.Backend.CreateNamespace();
        IBackendSocket here = _host.Open(TransportProtocol.Udp, "127.0.0.1", reusePort: false);
        IBackendSocket there = _host.Backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4, ReusePort: false), other);
        there.Bind(Host.EndPoint("127.0.0.1"));
        Packet packet = Host.Packet(TransportProtocol.Udp, "127.0.0.1");
        Assert.Equal(there.Cookie, other.Deliver(in packet, 0).Cookie);
        Assert.Equal(here.Cookie, _host.Network.Deliver(in packet, 0).Cookie);
        Assert.NotEqual(other.HashMix, _host.Network.HashMix);
    }

    private static Packet WithUdpLength(Packet packet, ushort length)
    {
        byte[] bytes = packet.Data.ToArray();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(packet.TransportOffset + 4), length);
        return new Packet
        {
            Timestamp = 0,
            Data = bytes,
            TransportOffset = packet.TransportOffset,
            TransportLength = packet.TransportLength,
            Flow = packet.Flow,
        };
    }

    private void CheckWinner(TransportProtocol protocol, string[] addresses, string destination, int winner)
    {
        IBackendSocket[] sockets = [.. addresses.Select(address =>
            address == "::6only" ? _host.Open(protocol, "::", v6Only: true) : _host.Open(protocol, address))];
        Assert.Equal(sockets[winner].Cookie, _host.Deliver(protocol, destination).Cookie);
    }
}
