using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Simulator.Tests.Programs;

/// <summary>Semantics §7: attach and detach.</summary>
public sealed class AttachTests
{
    private readonly Host _host = new();

    public static TheoryData<TransportProtocol> Protocols => [TransportProtocol.Tcp, TransportProtocol.Udp];

    [Theory]
    [InlineData("locked", Errno.EPERM)]
    [InlineData("unbound, no flag", Errno.EINVAL)]
    [InlineData("bound, no flag", Errno.EINVAL)]
    [InlineData("flag set after bind", Errno.EINVAL)]
    [InlineData("connected", Errno.EINVAL)]
    [InlineData("orphan", Errno.EINVAL)]
    [InlineData("tcp client", Errno.EINVAL)]
    [InlineData("tcp accepted", Errno.EINVAL)]
    [InlineData("unbound", Errno.None)]
    [InlineData("member", Errno.None)]
    [InlineData("tcp bound", Errno.None)]
    [InlineData("tcp shut down", Errno.None)]
    public void Attach(string kind, Errno expected) =>
        Assert.Equal(expected, Host.Outcome(() => _host.Make(kind).AttachProgram(_host.Returning(1))));

    [Theory]
    [InlineData("unbound, no flag", Errno.EINVAL)]
    [InlineData("bound, no flag", Errno.EINVAL)]
    [InlineData("unbound", Errno.ENOENT)]
    [InlineData("connected", Errno.ENOENT)]
    [InlineData("member", Errno.ENOENT)]
    [InlineData("with program", Errno.None)]
    [InlineData("with program, locked", Errno.None)]
    public void Detach(string kind, Errno expected) => Assert.Equal(expected, Host.Outcome(_host.Make(kind).DetachProgram));

    [Fact]
    public void Lock_is_asked_before_the_program()
    {
        IBackendProgram closed = _host.Returning(1);
        closed.Dispose();
        Assert.Equal(Errno.EPERM, Host.Outcome(() => _host.Make("locked").AttachProgram(closed)));
        Assert.Equal(Errno.EBADF, Host.Outcome(() => _host.Make("unbound, no flag").AttachProgram(closed)));
    }

    [Fact]
    public void Program_of_another_type_is_refused_before_the_socket_is_looked_at()
    {
        IBackendProgram xdp = _host.Backend.LoadProgram(
            new ProgramSpec("xdp", ProgramType.Xdp, AttachType.None, [Instructions.MoveImmediate(Register.R0, 2), Instructions.Exit()], []), []);
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => _host.Make("member").AttachProgram(xdp)));
    }

    [Fact]
    public void Lock_does_not_hold_for_another_member()
    {
        IBackendSocket locked = _host.Make("locked");
        _host.Make("member").AttachProgram(_host.Returning(1));
        Assert.Equal(AttachmentState.Program, Inspect(locked).State);
        Assert.Equal(Errno.EPERM, Host.Outcome(() => locked.SetOption(SocketOption.LockFilter, 0)));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void One_program_per_group_replaced_through_any_member(TransportProtocol protocol)
    {
        IBackendSocket[] members = _host.OpenGroup(protocol, "127.0.0.1", 3);
        Assert.Equal(new Attachment(AttachmentState.None), Inspect(members[0]));
        IBackendProgram first = _host.Returning(0);
        IBackendProgram second = _host.Returning(1);
        members[0].AttachProgram(first);
        Assert.Equal(new Attachment(AttachmentState.Program, first.Id, first.Tag), Inspect(members[2]));
        members[1].AttachProgram(second);
        Assert.Equal(second.Id, Inspect(members[0]).ProgramId);
        IBackendSocket joined = _host.Open(protocol, "127.0.0.1");
        Assert.Equal(second.Id, Inspect(joined).ProgramId);
        joined.DetachProgram();
        Assert.Equal(AttachmentState.None, Inspect(members[0]).State);
    }

    [Fact]
    public void Program_lives_as_long_as_something_holds_it()
    {
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 2);
        IBackendProgram program = _host.Returning(0);
        uint id = program.Id;
        members[0].AttachProgram(program);
        program.Dispose();
        members[0].Dispose();
        Assert.Equal(DecisionKind.ProgramReject, _host.Deliver(TransportProtocol.Udp, "127.0.0.1").Kind);
        using (IBackendProgram again = _host.Backend.OpenProgram(id)!)
        {
            Assert.Equal(id, again.Id);
        }

        members[1].Dispose();
        Assert.Null(_host.Backend.OpenProgram(id));
        _host.Open(TransportProtocol.Udp, "127.0.0.1");
        Assert.Equal(DecisionKind.Hash, _host.Deliver(TransportProtocol.Udp, "127.0.0.1").Kind);
    }

    /// <summary>Surprise 13: a program attached before bind can be the first on a port, but not join.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public void Attached_before_bind_is_kept_by_the_first_on_a_port(TransportProtocol protocol)
    {
        IBackendSocket socket = _host.Socket(protocol, "0.0.0.0");
        socket.AttachProgram(_host.Returning(0));
        socket.Bind(Host.EndPoint("0.0.0.0"));
        if (protocol == TransportProtocol.Tcp)
        {
            socket.Listen(1);
        }

        Assert.Equal(DecisionKind.ProgramReject, _host.Deliver(protocol, "127.0.0.1").Kind);
        Assert.True(((Simulator.Sockets.SimulatedSocket)socket).Sock.Group!.BindInAny);
        IBackendSocket joined = _host.Open(protocol, "0.0.0.0");
        Assert.Equal(AttachmentState.Program, Inspect(joined).State);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Attached_before_bind_cannot_join(TransportProtocol protocol)
    {
        _host.Open(protocol, "127.0.0.1");
        IBackendSocket socket = _host.Socket(protocol, "127.0.0.1");
        socket.AttachProgram(_host.Returning(1));
        Assert.Equal(Errno.EADDRINUSE, Host.Outcome(() => socket.Bind(Host.EndPoint("127.0.0.1"))));
        if (protocol == TransportProtocol.Tcp)
        {
            socket.Listen(1);
            Assert.InRange(socket.LocalEndPoint!.Port, 32768, 60999);
        }
    }

    [Fact]
    public void Tcp_attached_between_bind_and_listen_cannot_join()
    {
        _host.Open(TransportProtocol.Tcp, "127.0.0.1");
        IBackendSocket socket = _host.Socket(TransportProtocol.Tcp, "127.0.0.1");
        socket.Bind(Host.EndPoint("127.0.0.1"));
        socket.AttachProgram(_host.Returning(1));
        Assert.Equal(Errno.EADDRINUSE, Host.Outcome(() => socket.Listen(1)));
    }

    [Theory]
    [InlineData(AttachType.None, Errno.None)]
    [InlineData(AttachType.SkReuseportSelect, Errno.None)]
    [InlineData(AttachType.SkReuseportSelectOrMigrate, Errno.None)]
    [InlineData(AttachType.TraceIterator, Errno.EINVAL)]
    public void Load_checks_the_attach_type(AttachType attachType, Errno expected) =>
        Assert.Equal(expected, Host.Outcome(() => _host.Program([], attachType, Instructions.MoveImmediate(Register.R0, 1), Instructions.Exit())));

    [Fact]
    public void Load_refuses_no_instructions_malformed_ones_and_unknown_helpers()
    {
        Assert.Equal(Errno.E2BIG, Host.Outcome(() => _host.Program([])));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => _host.Program([], Instructions.MoveImmediate(Register.R0, 1))));
        BackendException refusal = Assert.Throws<BackendException>(() =>
            _host.Program([], Instructions.MoveImmediate(Register.R0, 1), Instructions.CallHelper(25), Instructions.Exit()));
        Assert.Equal(Errno.EINVAL, refusal.Errno);
        Assert.Contains("instruction 1 calls helper 25", refusal.Message, StringComparison.Ordinal);

        // The kernel would let this one through with CAP_PERFMON.
        refusal = Assert.Throws<BackendException>(() => _host.Program([], Instructions.CallHelper(35), Instructions.Exit()));
        Assert.Equal(Errno.ENOTSUPP, refusal.Errno);
        Assert.Contains("helper 35 (get_current_task): it looks into a running kernel", refusal.Message, StringComparison.Ordinal);
    }

    private Attachment Inspect(IBackendSocket socket) => _host.Backend.InspectAttachment(_host.Record(socket));
}
