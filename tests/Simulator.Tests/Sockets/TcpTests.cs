using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Simulator.Tests.Sockets;

/// <summary>Connections: where they go, what their ends see, what becomes of them when a listener stops (semantics §8).</summary>
public sealed class TcpTests
{
    private const TransportProtocol Tcp = TransportProtocol.Tcp;

    private readonly Host _host = new();

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("0.0.0.0", "10.1.2.3")]
    [InlineData("::", "10.1.2.3")]
    [InlineData("::", "fd00::1")]
    public void Connection_arrives_and_carries_data_both_ways(string bound, string destination)
    {
        IBackendSocket listener = _host.Open(Tcp, bound);
        IBackendSocket client = Connect(destination);
        IBackendSocket accepted = listener.TryAccept(out IPEndPoint? peer)!;
        Assert.Null(listener.TryAccept(out _));
        Assert.Equal(client.LocalEndPoint!.Port, peer!.Port);
        Assert.Equal(client.LocalEndPoint.Address, peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address);
        client.Send("ping"u8);
        accepted.Send("pong!"u8);
        Assert.Equal("ping", Receive(accepted, 16));
        Assert.Equal("pon", Receive(client, 3));
        Assert.Equal("g!", Receive(client, 16));
        Assert.Null(Receive(client, 16));
        Assert.Equal(1, accepted.GetOption(SocketOption.ReusePort));
    }

    [Fact]
    public void Nobody_listens_or_the_program_drops_is_a_refusal()
    {
        Assert.Equal(Errno.ECONNREFUSED, Host.Outcome(() => Connect("127.0.0.1")));
        _host.Open(Tcp, "127.0.0.1").AttachProgram(_host.Returning(0));
        Assert.Equal(Errno.ECONNREFUSED, Host.Outcome(() => Connect("127.0.0.1")));
    }

    /// <summary>Observed on 6.18: a backlog of n holds n + 1 connections; the SYN after that is lost.</summary>
    [Fact]
    public void Full_accept_queue_loses_the_syn_and_no_other_member_is_asked()
    {
        IBackendMap seats = _host.SockArray();
        IBackendSocket[] members = _host.OpenGroup(Tcp, "127.0.0.1", 2);
        members[0].Listen(1);
        seats.UpdateSocket(0, members[0]);
        members[1].AttachProgram(_host.Selecting(seats, 1, 0));
        Connect("127.0.0.1");
        Connect("127.0.0.1");
        Assert.Equal(2, _host.Record(members[0]).ReceiveQueue);
        Assert.Equal(Errno.ETIMEDOUT, Host.Outcome(() => Connect("127.0.0.1")));
        members[0].TryAccept(out _);
        Connect("127.0.0.1");
    }

    /// <summary>Observed on 6.18.</summary>
    [Fact]
    public void Ends_see_the_end_of_the_other()
    {
        IBackendSocket listener = _host.Open(Tcp, "127.0.0.1");
        (IBackendSocket client, IBackendSocket accepted) = Pair(listener);
        accepted.Dispose();
        Assert.Equal("", Receive(client, 5));
        client.Send("x"u8);
        Assert.Equal(Errno.EPIPE, Host.Outcome(() => client.Send("x"u8)));

        (client, accepted) = Pair(listener);
        accepted.Abort();
        Assert.Equal(Errno.ECONNRESET, Host.Outcome(() => Receive(client, 5)));
        Assert.Equal("", Receive(client, 5));
        Assert.Equal(Errno.EPIPE, Host.Outcome(() => client.Send("x"u8)));

        (client, accepted) = Pair(listener);
        client.Send("unread"u8);
        accepted.Dispose();
        Assert.Equal(Errno.ECONNRESET, Host.Outcome(() => Receive(client, 5)));

        (client, accepted) = Pair(listener);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("", Receive(accepted, 5));
        Assert.Equal(Errno.EPIPE, Host.Outcome(() => client.Send("x"u8)));
        accepted.Send("y"u8);
        Assert.Equal("y", Receive(client, 5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Aborted_connection_frees_both_ports(bool clientAborts)
    {
        IBackendSocket listener = _host.Open(Tcp, "127.0.0.1");
        IBackendSocket client = _host.Socket(Tcp, "127.0.0.1", reusePort: false);
        client.Bind(Host.EndPoint("127.0.0.9", 40000));
        client.Connect(Host.EndPoint("127.0.0.1"));
        IBackendSocket accepted = listener.TryAccept(out _)!;
        (clientAborts ? client : accepted).Abort();
        (clientAborts ? accepted : client).Dispose();

        IBackendSocket again = _host.Socket(Tcp, "127.0.0.1", reusePort: false);
        again.Bind(Host.EndPoint("127.0.0.9", 40000));
        again.Connect(Host.EndPoint("127.0.0.1"));
        Assert.NotNull(listener.TryAccept(out _));
    }

    [Fact]
    public void Segments_of_a_connection_reach_it_without_a_program_run()
    {
        IBackendSocket listener = _host.Open(Tcp, "127.0.0.1");
        (IBackendSocket client, IBackendSocket accepted) = Pair(listener);
        listener.AttachProgram(_host.Returning(0));
        Decision decision = _host.Deliver(Tcp, "127.0.0.1", from: "127.0.0.1", fromPort: client.LocalEndPoint!.Port);
        Assert.Equal((DecisionKind.Connected, accepted.Cookie, 0), (decision.Kind, decision.Cookie, decision.ProgramRuns));
        Assert.Equal((DecisionKind.ProgramReject, 1), (_host.Deliver(Tcp, "127.0.0.1").Kind, _host.Deliver(Tcp, "127.0.0.1").ProgramRuns));
    }

    /// <summary>Observed on 6.18: calls in states that do not fit them.</summary>
    [Fact]
    public void Calls_that_do_not_fit_the_state()
    {
        IBackendSocket listener = _host.Open(Tcp, "127.0.0.1");
        IBackendSocket udp = _host.Socket(TransportProtocol.Udp, "127.0.0.1");
        IBackendSocket fresh = _host.Socket(Tcp, "127.0.0.1");
        (IBackendSocket client, _) = Pair(listener);
        Assert.Equal(Errno.EISCONN, Host.Outcome(() => listener.Connect(Host.EndPoint("127.0.0.1"))));
        Assert.Equal(Errno.EISCONN, Host.Outcome(() => client.Connect(Host.EndPoint("127.0.0.1"))));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => client.Listen(1)));
        Assert.Equal(Errno.EOPNOTSUPP, Host.Outcome(() => udp.Listen(1)));
        Assert.Equal(Errno.ENOTCONN, Host.Outcome(() => udp.Shutdown(SocketShutdown.Both)));
        Assert.Equal(Errno.EDESTADDRREQ, Host.Outcome(() => udp.Send("x"u8)));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => udp.SendTo("x"u8, Host.EndPoint("127.0.0.1", 0))));
        Assert.Equal(Errno.EMSGSIZE, Host.Outcome(() => udp.SendTo(new byte[65508], Host.EndPoint("127.0.0.1"))));
        Assert.Equal(Errno.EPIPE, Host.Outcome(() => fresh.Send("x"u8)));
        Assert.Equal(Errno.ENOTCONN, Host.Outcome(() => Receive(fresh, 1)));
        Assert.Equal(Errno.ENOTCONN, Host.Outcome(() => fresh.Shutdown(SocketShutdown.Both)));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => fresh.TryAccept(out _)));
        listener.Shutdown(SocketShutdown.Receive);
        Assert.Equal(Errno.ENOTCONN, Host.Outcome(() => listener.Shutdown(SocketShutdown.Receive)));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => listener.TryAccept(out _)));
        IBackendSocket v6Only = _host.Socket(TransportProtocol.Udp, "::1", v6Only: true);
        Assert.Equal(Errno.ENETUNREACH, Host.Outcome(() => v6Only.Connect(Host.EndPoint("::ffff:127.0.0.1"))));
        IBackendSocket specific = _host.Open(TransportProtocol.Udp, "::1");
        Assert.Equal(Errno.ENETUNREACH, Host.Outcome(() => specific.SendTo("x"u8, Host.EndPoint("::ffff:127.0.0.1"))));
    }

    /// <summary>Observed on 6.18: a port that bind did not give is lost with the listener, and shown until the next listen.</summary>
    [Fact]
    public void Shut_down_listener_on_an_ephemeral_port_gets_another()
    {
        IBackendSocket listener = _host.Socket(Tcp, "127.0.0.1");
        listener.Listen(1);
        int port = listener.LocalEndPoint!.Port;
        listener.Shutdown(SocketShutdown.Both);
        Assert.Equal(port, listener.LocalEndPoint!.Port);
        Assert.Equal(DecisionKind.NoSocket, _host.Deliver(Tcp, "127.0.0.1", port: port).Kind);
        listener.Listen(1);
        Assert.NotEqual(port, listener.LocalEndPoint!.Port);
    }

    /// <summary>Observed on 6.18: a connection holds the port of its listener.</summary>
    [Fact]
    public void Connection_keeps_the_port_from_sockets_that_do_not_share()
    {
        IBackendSocket listener = _host.Open(Tcp, "127.0.0.1", reusePort: false);
        Pair(listener);
        listener.Dispose();
        IBackendSocket next = _host.Socket(Tcp, "127.0.0.1", reusePort: false);
        Assert.Equal(Errno.EADDRINUSE, Host.Outcome(() => next.Bind(Host.EndPoint("127.0.0.1"))));
    }

    [Fact]
    public void Unaccepted_connections_of_a_closed_listener_are_reset()
    {
        IBackendSocket listener = _host.Open(Tcp, "127.0.0.1");
        IBackendSocket client = Connect("127.0.0.1");
        listener.Dispose();
        Assert.Equal(Errno.ECONNRESET, Host.Outcome(() => Receive(client, 1)));
        Assert.Equal("", Receive(client, 1));
        Assert.DoesNotContain(_host.Network.Sockets, sock => sock.Handles.Count == 0);
    }

    /// <summary>Program (null: none), sysctl; connections migrated, and by program selection.</summary>
    public static TheoryData<string, bool, int, bool> Migrations => new()
    {
        { "none", false, 0, false },
        { "none", true, 4, false },
        { "select", false, 0, false },
        { "select", true, 4, false },
        { "migrate", false, 4, true },
        { "migrate pass", false, 4, false },
        { "migrate drop", true, 0, false },
    };

    [Theory]
    [MemberData(nameof(Migrations))]
    public void Connections_in_the_queue_migrate(string program, bool sysctl, int migrated, bool bySelection)
    {
        _host.Network.TcpMigrateRequests = sysctl;
        IBackendMap seats = _host.SockArray();
        IBackendSocket[] members = _host.OpenGroup(Tcp, "127.0.0.1", 3);
        seats.UpdateSocket(0, members[0]);
        seats.UpdateSocket(1, members[1]);
        members[2].AttachProgram(_host.Selecting(seats, 1, 0));
        IBackendSocket[] clients = [.. Enumerable.Range(0, 4).Select(_ => Connect("127.0.0.1"))];
        Assert.Equal(4, _host.Record(members[0]).ReceiveQueue);
        AttachType attachType = program.StartsWith("migrate", StringComparison.Ordinal) ? AttachType.SkReuseportSelectOrMigrate : AttachType.SkReuseportSelect;
        if (program == "none")
        {
            members[2].DetachProgram();
        }
        else
        {
            int[] calls = program is "migrate" or "select" ? [1] : [];
            members[2].AttachProgram(_host.Program([seats], attachType, Host.SelectCode(program == "migrate drop" ? 0 : 1, calls)));
        }

        members[0].Dispose();

        int[] queues = [_host.Record(members[1]).ReceiveQueue, _host.Record(members[2]).ReceiveQueue];
        Assert.Equal(migrated, queues.Sum());
        Assert.Equal((migrated, migrated == 0 && (sysctl || attachType == AttachType.SkReuseportSelectOrMigrate) ? 4 : 0), (_host.Network.MigrationSuccesses, _host.Network.MigrationFailures));
        if (bySelection)
        {
            Assert.Equal([4, 0], queues);
        }

        Assert.All(clients, client => Assert.Equal(migrated > 0 ? Errno.None : Errno.ECONNRESET, Host.Outcome(() => Receive(client, 1))));
    }

    [Fact]
    public void Migration_shows_the_program_no_packet_and_both_sockets()
    {
        IBackendMap results = _host.Backend.CreateMap(new Engine.Maps.MapSpec("results", Engine.Maps.MapType.Array, 4, 64, 1));
        IBackendSocket[] members = _host.OpenGroup(Tcp, "0.0.0.0", 2);
        IBackendSocket client = Connect("127.0.0.1");
        IBackendSocket closing = members.Single(member => _host.Record(member).ReceiveQueue == 1);
        ulong cookie = closing.Cookie;
        Instruction[] code =
        [
            Instructions.Move(Register.R6, Register.R1),
            Instructions.LoadMapValue(Register.R7, 0, 0),
            Instructions.Load(MemorySize.Word, Register.R0, Register.R6, 16),
            Instructions.Store(MemorySize.DoubleWord, Register.R7, 0, Register.R0),
            Instructions.Load(MemorySize.Word, Register.R0, Register.R6, 20),
            Instructions.Store(MemorySize.DoubleWord, Register.R7, 8, Register.R0),
            Instructions.Load(MemorySize.DoubleWord, Register.R1, Register.R6, 40),
            Instructions.CallHelper(46),
            Instructions.Store(MemorySize.DoubleWord, Register.R7, 16, Register.R0),
            Instructions.Load(MemorySize.DoubleWord, Register.R1, Register.R6, 48),
            Instructions.CallHelper(46),
            Instructions.Store(MemorySize.DoubleWord, Register.R7, 24, Register.R0),
            Instructions.Move(Register.R1, Register.R6),
            Instructions.MoveImmediate(Register.R2, 0),
            Instructions.Move(Register.R3, Register.R7),
            Instructions.Alu64(AluOperation.Add, Register.R3, 40),
            Instructions.MoveImmediate(Register.R4, 1),
            Instructions.CallHelper(26),
            Instructions.Store(MemorySize.DoubleWord, Register.R7, 32, Register.R0),
            Instructions.MoveImmediate(Register.R0, 1),
            Instructions.Exit(),
        ];
        members[0].AttachProgram(_host.Program([results], AttachType.SkReuseportSelectOrMigrate, code));
        closing.Dispose();
        IBackendSocket heir = members.Single(member => member != closing);
        ulong child = heir.TryAccept(out _)!.Cookie;
        byte[] value = results.Lookup(new byte[4])!;
        Assert.Equal([0L, 0L, (long)cookie, (long)child, -14L], Enumerable.Range(0, 5).Select(i => BitConverter.ToInt64(value, 8 * i)));
        Assert.Null(Receive(client, 1));
    }

    [Fact]
    public void Connected_sender_learns_of_a_refused_datagram_at_its_next_call()
    {
        IBackendSocket client = _host.Socket(TransportProtocol.Udp, "127.0.0.1");
        client.SendTo("x"u8, Host.EndPoint("127.0.0.1"));
        client.SendTo("x"u8, Host.EndPoint("127.0.0.1"));
        client.Connect(Host.EndPoint("127.0.0.1"));
        client.Send("x"u8);
        Assert.Equal(Errno.ECONNREFUSED, Host.Outcome(() => client.Send("x"u8)));
        client.Send("x"u8);
        Assert.Equal(Errno.ECONNREFUSED, Host.Outcome(() => client.TryReceive(new byte[1], out _, out _)));
        Assert.False(client.TryReceive(new byte[1], out _, out _));

        _host.Open(TransportProtocol.Udp, "127.0.0.1").AttachProgram(_host.Returning(0));
        client.Send("x"u8);
        Assert.Equal(Errno.ECONNREFUSED, Host.Outcome(() => client.Send("x"u8)));
    }

    private IBackendSocket Connect(string destination)
    {
        IBackendSocket client = _host.Socket(Tcp, destination, reusePort: false);
        client.Connect(Host.EndPoint(destination));
        return client;
    }

    private (IBackendSocket Client, IBackendSocket Accepted) Pair(IBackendSocket listener)
    {
        IBackendSocket client = Connect(listener.LocalEndPoint!.Address.ToString());
        return (client, listener.TryAccept(out _)!);
    }

    /// <summary>What was received, or null when nothing is there.</summary>
    private static string? Receive(IBackendSocket socket, int most)
    {
        byte[] buffer = new byte[most];
        return socket.TryReceive(buffer, out int length, out _) ? System.Text.Encoding.ASCII.GetString(buffer, 0, length) : null;
    }
}
