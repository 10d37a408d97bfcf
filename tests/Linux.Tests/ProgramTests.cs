using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Interop;
using static ReuseportPS.Engine.Isa.Instructions;
using static ReuseportPS.Linux.Interop.SocketConstants;

namespace ReuseportPS.Linux.Tests;

public sealed class ProgramTests : LinuxTest
{
    /// <summary>Socket, program, and what attaching says.</summary>
    public static TheoryData<string, string, Errno> Attachments => new()
    {
        { "udp member", "program", Errno.None },
        { "tcp listener", "program", Errno.None },
        { "udp member", "socket filter", Errno.None },
        { "udp not bound", "program", Errno.None },
        { "udp member", "migrating program", Errno.None },
        { "udp member", "option of 8 bytes", Errno.EINVAL },
        { "udp member", "option of 2 bytes", Errno.EINVAL },
        { "udp member", "option that cannot be read", Errno.EFAULT },
        { "udp member", "large socket filter", Errno.ENOMEM },
        { "mptcp listener", "program", Errno.EOPNOTSUPP },
        { "udp member", "no descriptor", Errno.EBADF },
        { "udp member", "map", Errno.EINVAL },
        { "udp member", "xdp", Errno.EINVAL },
        { "udp locked", "program", Errno.EPERM },
        { "unix", "program", Errno.ENOTSUPP },
        { "raw", "program", Errno.ENOTSUPP },
        { "unix", "socket filter", Errno.EINVAL },
        { "udp without reuseport not bound", "program", Errno.EINVAL },
        { "udp without reuseport", "program", Errno.EINVAL },
        { "udp connected", "program", Errno.EINVAL },
        { "tcp accepted", "program", Errno.EINVAL },
    };

    /// <summary>Socket, and what detaching says.</summary>
    public static TheoryData<string, Errno> Detachments => new()
    {
        { "udp member with program", Errno.None },
        { "udp locked with program", Errno.None },
        { "udp member", Errno.ENOENT },
        { "udp not bound", Errno.ENOENT },
        { "udp connected", Errno.ENOENT },
        { "udp without reuseport", Errno.EINVAL },
        { "tcp accepted", Errno.ENOENT },
    };

    [Theory]
    [InlineData(TransportProtocol.Udp, "127.0.0.1:9000", "127.0.0.1:0")]
    [InlineData(TransportProtocol.Udp, "[2001:db8::1]:53", "[2001:db8:7::2]:4444")]
    [InlineData(TransportProtocol.Tcp, "10.0.0.1:80", "198.51.100.1:0")]
    [InlineData(TransportProtocol.Tcp, "[::1]:80", "[::1]:0")]
    public void A_program_decides_who_gets_a_packet(TransportProtocol protocol, string endPoint, string source)
    {
        ImmutableArray<LinuxSocket> group = Group(protocol, endPoint, 4);
        LinuxMap map = Map(SockArray(32768));
        for (int i = 0; i < group.Length; i++)
        {
            map.UpdateSocket((uint)(10 + i), group[i]);
        }

        for (int i = 0; i < group.Length; i++)
        {
            group[0].AttachProgram(Program(SelectSlot(10 + i, map.Spec), map));
            Assert.Equal(i, WhoGets(group, source));
        }
    }

    [Fact]
    public void A_program_outlives_its_handle_and_rejects_until_it_is_detached()
    {
        ImmutableArray<LinuxSocket> group = Group(TransportProtocol.Tcp, "127.0.0.1:9000", 2);
        LinuxProgram program = Program(Return(0));
        group[0].AttachProgram(program);
        program.Dispose();
        LinuxSocket client = Socket(TransportProtocol.Tcp, reusePort: false);
        Assert.Equal(Errno.ECONNREFUSED, ErrnoOf(() => client.Connect(group[0].LocalEndPoint!)));
        group[1].DetachProgram();
        Assert.InRange(WhoGets(group, "127.0.0.1:0"), 0, 1);
    }

    [Fact]
    public void A_loaded_program_says_what_it_is()
    {
        LinuxProgram program = Program(Return(1));
        Assert.Equal(("ret", ProgramType.SkReuseport), (program.Name, program.Type));
        Assert.Matches("^[0-9a-f]{16}$", program.Tag);
        Assert.Equal(program.Tag, Program(Return(1)).Tag);
        Assert.NotEqual(program.Tag, Program(Return(2)).Tag);
        LinuxProgram again = (LinuxProgram)Own(Backend.OpenProgram(program.Id)!);
        Assert.Equal((program.Id, program.Tag), (again.Id, again.Tag));
    }

    [Fact]
    public void An_object_ends_with_its_last_handle()
    {
        LinuxMap map = Map(SockArray(1));
        LinuxProgram program = Program(SelectSlot(0, map.Spec), map);
        uint id = program.Id;
        map.Dispose();
        program.Dispose();
        Assert.True(SpinWait.SpinUntil(() => Backend.OpenProgram(id) is null, TimeSpan.FromSeconds(10)), "the program is still there");
    }

    [Fact]
    public void What_the_verifier_refuses_comes_with_its_log()
    {
        ProgramSpec spec = new("bad", ProgramType.SkReuseport, AttachType.SkReuseportSelect, [Move(Register.R0, Register.R7), Exit()], []);
        BackendException refused = Assert.Throws<BackendException>(() => Backend.LoadProgram(spec, []));
        Assert.Equal((Errno.EACCES, "BPF_PROG_LOAD", "RPS5061"), (refused.Errno, refused.Operation, refused.Diagnostics[0].Code));
        Assert.Contains("R7 !read_ok", refused.Log, StringComparison.Ordinal);
        Assert.Contains("'bad'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("R7 !read_ok", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_of_any_length_comes_whole()
    {
        // 40000 instructions of which the last is wrong: a log beyond the first buffer.
        ImmutableArray<Instruction> code = [MoveImmediate(Register.R0, 0), .. Enumerable.Repeat(Alu64(AluOperation.Add, Register.R0, 1), 40000), Move(Register.R0, Register.R7), Exit()];
        BackendException refused = Assert.Throws<BackendException>(
            () => Backend.LoadProgram(new ProgramSpec("long", ProgramType.SkReuseport, AttachType.SkReuseportSelect, code, []), []));
        Assert.True(refused.Log!.Length > 1 << 16);
        Assert.Contains("R7 !read_ok", refused.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_refusals_of_loading()
    {
        Assert.Equal(Errno.E2BIG, ErrnoOf(() => Backend.LoadProgram(new ProgramSpec("none", ProgramType.SkReuseport, AttachType.None, [], []), [])));
        Assert.Equal(Errno.EINVAL, ErrnoOf(() => Backend.LoadProgram(Return(1) with { ExpectedAttachType = AttachType.TraceIterator }, [])));
        BackendException missing = Assert.Throws<BackendException>(() => Backend.LoadProgram(SelectSlot(0, SockArray(1)), []));
        Assert.Equal("RPS5066", missing.Diagnostics[0].Code);
        Assert.Null(Backend.OpenProgram(0x7fffffff));
    }

    [Theory]
    [MemberData(nameof(Attachments))]
    public void Attaching(string socketKind, string programKind, Errno expected)
    {
        LinuxSocket socket = SocketFor(socketKind);
        Action attach = programKind switch
        {
            "program" => () => socket.AttachProgram(Program(Return(1))),
            "migrating program" => () => socket.AttachProgram(Program(Return(1) with { ExpectedAttachType = AttachType.SkReuseportSelectOrMigrate })),
            "socket filter" => () => socket.AttachProgram(Program(Return(1, ProgramType.SocketFilter))),
            "large socket filter" => () => socket.AttachProgram(Program(new ProgramSpec(
                "large", ProgramType.SocketFilter, AttachType.None, [.. Enumerable.Repeat(MoveImmediate(Register.R0, 1), 1 << 17), Exit()], []))), // 1 MiB
            "xdp" => () => socket.AttachProgram(Program(Return(1, ProgramType.Xdp))),
            _ => () => AttachRaw(socket, programKind),
        };
        Check(attach, "SO_ATTACH_REUSEPORT_EBPF", expected);
    }

    [Fact]
    public void Detaching_with_an_option_that_is_short_or_cannot_be_read()
    {
        LinuxSocket socket = SocketFor("udp member with program");
        using FdLease lease = new(socket.Fd);
        Assert.Equal(-(int)Errno.EFAULT, Sys.Invoke(Syscall.setsockopt, lease.Number, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 8, 4));
        Assert.Equal(-(int)Errno.EINVAL, Sys.setsockopt(socket.Fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, new byte[3]));
        socket.DetachProgram();
    }

    [Theory]
    [MemberData(nameof(Detachments))]
    public void Detaching(string socketKind, Errno expected) => Check(SocketFor(socketKind).DetachProgram, "SO_DETACH_REUSEPORT_BPF", expected);

    private static void Check(Action action, string operation, Errno expected)
    {
        if (expected == Errno.None)
        {
            action();
            return;
        }

        BackendException refused = Assert.Throws<BackendException>(action);
        Assert.Equal((expected, operation), (refused.Errno, refused.Operation));
        Assert.NotEqual("RPS5000", refused.Diagnostics[0].Code);
        Assert.NotEmpty(refused.Diagnostics[0].Remedy!);
    }

    private void AttachRaw(LinuxSocket socket, string kind)
    {
        using FdLease program = new(Program(Return(1)).Fd);
        using FdLease map = new(Map(SockArray(1)).Fd);
        byte[] option = new byte[kind.Contains('8', StringComparison.Ordinal) ? 8 : kind.Contains('2', StringComparison.Ordinal) ? 2 : 4];
        int descriptor = kind == "map" ? map.Number : kind == "no descriptor" ? 999999 : program.Number;
        MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in descriptor))[..Math.Min(4, option.Length)].CopyTo(option);
        using FdLease lease = new(socket.Fd);
        nint result = kind == "option that cannot be read"
            ? Sys.Invoke(Syscall.setsockopt, lease.Number, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, 8, 4)
            : Sys.setsockopt(socket.Fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, option);
        if (result < 0)
        {
            throw LinuxErrors.Refused("SO_ATTACH_REUSEPORT_EBPF", result, socket.Describe());
        }
    }

    private LinuxSocket SocketFor(string kind)
    {
        switch (kind)
        {
            case "tcp listener":
                return Member(TransportProtocol.Tcp, "127.0.0.1:9000");
            case "udp not bound":
                return Socket(TransportProtocol.Udp);
            case "udp without reuseport not bound":
                return Socket(TransportProtocol.Udp, reusePort: false);
            case "udp without reuseport":
                return Member(TransportProtocol.Udp, "127.0.0.1:9000", reusePort: false);
            case "unix":
                return ForeignSocket(AF_UNIX, SOCK_DGRAM, 0);
            case "mptcp listener":
                LinuxSocket multipath = ForeignSocket(AF_INET, SOCK_STREAM, 262);
                multipath.SetOption(SocketOption.ReusePort, 1);
                multipath.Bind(IPEndPoint.Parse("127.0.0.1:9000"));
                multipath.Listen(1);
                return multipath;
            case "raw":
                LinuxSocket raw = ForeignSocket(AF_INET, SOCK_RAW, IPPROTO_UDP);
                raw.SetOption(SocketOption.ReusePort, 1);
                return raw;
            case "tcp accepted":
                LinuxSocket listener = Member(TransportProtocol.Tcp, "127.0.0.1:9000");
                Socket(TransportProtocol.Tcp, reusePort: false).Connect(listener.LocalEndPoint!);
                return (LinuxSocket)Own(listener.TryAccept(out _)!);
        }

        LinuxSocket member = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        if (kind.EndsWith("with program", StringComparison.Ordinal))
        {
            member.AttachProgram(Program(Return(1)));
        }

        if (kind.Contains("locked", StringComparison.Ordinal))
        {
            member.SetOption(SocketOption.LockFilter, 1);
        }

        if (kind == "udp connected")
        {
            member.Connect(IPEndPoint.Parse("127.0.0.1:1"));
        }

        return member;
    }
}
