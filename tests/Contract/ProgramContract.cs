using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>Programs: loading, attaching through which socket, whom it governs, how long it lives.</summary>
public abstract class ProgramContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    [Theory]
    [InlineData(AttachType.None, Errno.None)]
    [InlineData(AttachType.SkReuseportSelect, Errno.None)]
    [InlineData(AttachType.SkReuseportSelectOrMigrate, Errno.None)]
    [InlineData(AttachType.TraceIterator, Errno.EINVAL)]
    public void Attach_types_at_load(AttachType type, Errno expected) =>
        Assert.Equal(expected, Refusal(() => Load(TestPrograms.Return(1) with { ExpectedAttachType = type })));

    [Fact]
    public void A_program_of_nothing_is_E2BIG() => Assert.Equal(Errno.E2BIG, Refusal(() => Load(TestPrograms.Return(1) with { Instructions = [] })));

    [Fact]
    public void Ids_are_unique_names_are_kept_and_the_tag_is_of_the_code()
    {
        IBackendProgram first = Load(TestPrograms.Return(1));
        IBackendProgram same = Load(TestPrograms.Return(1));
        IBackendProgram other = Load(TestPrograms.Return(0));

        Assert.NotEqual(first.Id, same.Id);
        Assert.Equal("test_return", first.Name);
        Assert.Matches("^[0-9a-f]{16}$", first.Tag);
        Assert.Equal(first.Tag, same.Tag);
        Assert.NotEqual(first.Tag, other.Tag);
    }

    [Fact]
    public void The_tag_does_not_depend_on_the_maps()
    {
        ProgramSpec spec = TestPrograms.RecordContext();

        Assert.Equal(Load(spec, CreateMap(spec.Maps[0])).Tag, Load(spec, CreateMap(spec.Maps[0])).Tag);
    }

    [Fact]
    public void A_program_can_be_opened_by_its_id_while_it_lives()
    {
        IBackendProgram program = Load(TestPrograms.Return(1));
        uint id = program.Id;
        using (IBackendProgram? opened = Backend.OpenProgram(id))
        {
            Assert.NotNull(opened);
            Assert.Equal((id, program.Name, program.Tag), (opened.Id, opened.Name, opened.Tag));
        }

        program.Dispose();

        Assert.True(Becomes(() => !Exists(id)));
        Assert.False(Exists(0x7fff_fff0));
    }

    [Theory]
    [InlineData("unbound", Errno.None)]
    [InlineData("unbound, no option", Errno.EINVAL)]
    [InlineData("member", Errno.None)]
    [InlineData("tcp unbound", Errno.None)]
    [InlineData("tcp bound", Errno.None)]
    [InlineData("tcp member", Errno.None)]
    [InlineData("no option", Errno.EINVAL)]
    [InlineData("option too late", Errno.EINVAL)]
    [InlineData("option cleared", Errno.None)]
    [InlineData("connected", Errno.EINVAL)]
    [InlineData("disconnected", Errno.EINVAL)]
    [InlineData("tcp client", Errno.EINVAL)]
    [InlineData("tcp accepted", Errno.EINVAL)]
    [InlineData("locked", Errno.EPERM)]
    public void Attach(string what, Errno expected) => TryAttach(what, expected, ProgramType.SkReuseport);

    [Theory]
    [InlineData("unbound", Errno.None)]
    [InlineData("unbound, no option", Errno.EINVAL)]
    [InlineData("member", Errno.None)]
    [InlineData("tcp member", Errno.None)]
    [InlineData("no option", Errno.EINVAL)]
    [InlineData("connected", Errno.EINVAL)]
    [InlineData("locked", Errno.EPERM)]
    public void Attach_a_socket_filter(string what, Errno expected) => TryAttach(what, expected, ProgramType.SocketFilter);

    [Theory]
    [InlineData("unbound", Errno.ENOENT)]
    [InlineData("unbound, no option", Errno.EINVAL)]
    [InlineData("member", Errno.ENOENT)]
    [InlineData("tcp bound", Errno.ENOENT)]
    [InlineData("tcp member", Errno.ENOENT)]
    [InlineData("no option", Errno.EINVAL)]
    [InlineData("option too late", Errno.ENOENT)]
    [InlineData("option cleared", Errno.ENOENT)]
    [InlineData("connected", Errno.ENOENT)]
    [InlineData("tcp client", Errno.EINVAL)]
    [InlineData("tcp accepted", Errno.ENOENT)]
    public void Detach_where_nothing_is_attached(string what, Errno expected) => Assert.Equal(expected, Refusal(InState(what).DetachProgram));

    [Theory]
    [InlineData(ProgramType.Xdp)]
    [InlineData(ProgramType.SchedClassifier)]
    public void Only_two_program_types_attach(ProgramType type) =>
        Assert.Equal(Errno.EINVAL, Refusal(() => Open("udp4").AttachProgram(Load(TestPrograms.Return(1, type)))));

    [Fact]
    public void The_lock_holds_for_attaching_through_that_socket_only()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        members[0].SetOption(SocketOption.LockFilter, 1);
        IBackendProgram program = Load(TestPrograms.Return(0));

        Assert.Equal(Errno.EPERM, Refusal(() => members[0].AttachProgram(program)));
        Assert.Equal(Errno.None, Refusal(() => members[1].AttachProgram(program)));
        Assert.Equal(Errno.None, Refusal(members[0].DetachProgram));
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void One_program_governs_the_group_through_whichever_member(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        IBackendMap seats = CreateSeats(members);
        _ = AttachSelection(members[1], seats, 2);
        Assert.Equal(Slot(2), Arrival(kind, members));

        // Replaced through another one, and inherited by who comes later.
        IBackendProgram second = AttachSelection(members[0], seats, 1);
        Assert.Equal(Slot(1), Arrival(kind, members));
        IBackendSocket late = Open(kind);
        Assert.Equal(Slot(1), Arrival(kind, [.. members, late]));
        Assert.Equal((AttachmentState.Program, second.Id, second.Tag), Attached(late));

        late.DetachProgram();
        Assert.Equal(Errno.ENOENT, Refusal(members[0].DetachProgram));
        Assert.Equal(AttachmentState.None, Attached(members[0]).State);
    }

    [Theory]
    [InlineData("udp4", "udp6")]
    [InlineData("udp4", "tcp4")]
    [InlineData("udp4", "udp4 any")]
    public void Other_groups_on_the_port_are_not_governed(string kind, string other)
    {
        IBackendSocket member = Open(kind);
        IBackendSocket stranger = Open(other);
        member.AttachProgram(Load(TestPrograms.Return(0)));

        Assert.Equal(Rejected, Arrival(kind, [member, stranger]));
        Assert.Equal(AttachmentState.None, Attached(stranger).State);
        if (!other.StartsWith(kind, StringComparison.Ordinal))
        {
            Assert.Equal(Slot(1), Arrival(other, [member, stranger]));
        }
    }

    [Fact]
    public void Attachments_are_seen_as_what_they_are()
    {
        IBackendSocket member = Open("udp4");
        Assert.Equal((AttachmentState.None, 0U, ""), Attached(member));

        IBackendProgram program = Load(TestPrograms.Return(1));
        member.AttachProgram(program);
        Assert.Equal((AttachmentState.Program, program.Id, program.Tag), Attached(member));
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6 any")]
    [InlineData("tcp4")]
    [InlineData("tcp6 any")]
    public void Attached_before_bind_the_first_on_the_port_brings_its_program(string kind)
    {
        IBackendSocket first = Create(kind);
        first.AttachProgram(Load(TestPrograms.Return(0)));
        first.Bind(SocketText.Parse(kind).EndPoint(World, Port));
        if (first.Protocol == TransportProtocol.Tcp)
        {
            first.Listen(16);
        }

        IBackendSocket second = Open(kind);

        Assert.Equal(Rejected, Arrival(kind.Split(' ')[0], [first, second]));
        Assert.Equal(Errno.None, Refusal(second.DetachProgram));
        Assert.Equal(ArrivalKind.Slot, Arrival(kind.Split(' ')[0], [first, second]).Kind);
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6 any")]
    public void Attached_before_bind_a_UDP_socket_cannot_join(string kind)
    {
        IBackendSocket first = Open(kind);
        IBackendSocket socket = Create(kind);
        socket.AttachProgram(Load(TestPrograms.Return(0)));

        Assert.Equal(Errno.EADDRINUSE, Refusal(() => socket.Bind(SocketText.Parse(kind).EndPoint(World, Port))));
        Assert.Equal(Slot(0), Arrival(kind.Split(' ')[0], [first]));
    }

    [Theory]
    [InlineData("tcp4")]
    [InlineData("tcp6 any")]
    public void Attached_before_listen_a_TCP_socket_cannot_join(string kind)
    {
        _ = Open(kind);
        IBackendSocket socket = Bind(kind);
        socket.AttachProgram(Load(TestPrograms.Return(0)));

        Assert.Equal(Errno.EADDRINUSE, Refusal(() => socket.Listen(16)));
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp6")]
    public void The_program_outlives_its_handle_and_the_socket_it_came_through(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        IBackendProgram program = AttachSelection(members[0], CreateSeats([members[1], members[2]]), 1);
        uint id = program.Id;
        program.Dispose();
        members[0].Dispose();

        Assert.Equal(Slot(1), Arrival(kind, [members[1], members[2]]));
        Assert.True(Exists(id));

        members[1].Dispose();
        members[2].Dispose();
        Assert.True(Becomes(() => !Exists(id)));
        Assert.Equal(Errno.ENOENT, Refusal(Open(kind).DetachProgram));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_program_is_freed_when_replaced_or_detached(bool replaced)
    {
        IBackendSocket member = Open("udp4");
        uint id;
        using (IBackendProgram program = Load(TestPrograms.Return(1)))
        {
            member.AttachProgram(program);
            id = program.Id;
        }

        Assert.True(Exists(id));
        if (replaced)
        {
            member.AttachProgram(Load(TestPrograms.Return(0)));
        }
        else
        {
            member.DetachProgram();
        }

        Assert.True(Becomes(() => !Exists(id)));
    }

    [Fact]
    public void It_runs_for_a_group_of_one()
    {
        IBackendSocket only = Open("udp4");
        only.AttachProgram(Load(TestPrograms.Return(0)));

        Assert.Equal(Rejected, Arrival("udp4", [only]));
    }

    [Fact]
    public void A_shut_down_listener_takes_a_program_into_a_group_of_its_own()
    {
        IBackendSocket[] members = [.. OpenMany("tcp4", 2)];
        members[0].Shutdown(SocketShutdown.Receive);

        Assert.Equal(Errno.None, Refusal(() => members[0].AttachProgram(Load(TestPrograms.Return(0)))));

        Assert.Equal(Slot(0), Arrival("tcp4", [members[1]]));
        Assert.Equal(Errno.EADDRINUSE, Refusal(() => members[0].Listen(16)));
    }

    [Fact]
    public void Maps_of_another_shape_are_refused_by_their_use()
    {
        Needs(Ability.Verifier);

        // Helper 82 takes socket maps only.
        ProgramSpec spec = TestPrograms.Select(TestPrograms.Results(1), [0]);

        Assert.Equal(Errno.EINVAL, Refusal(() => Load(spec, CreateMap(TestPrograms.Results(1)), CreateMap(spec.Maps[1]))));
    }

    private void TryAttach(string what, Errno expected, ProgramType type)
    {
        IBackendSocket socket = InState(what);

        Assert.Equal(expected, Refusal(() => socket.AttachProgram(Load(TestPrograms.Return(0, type)))));
        if (expected == Errno.None)
        {
            Assert.Equal(Errno.None, Refusal(socket.DetachProgram));
            Assert.Equal(Errno.ENOENT, Refusal(socket.DetachProgram));
        }
    }

    private (AttachmentState State, uint Id, string Tag) Attached(IBackendSocket socket)
    {
        Attachment attachment = Backend.InspectAttachment(Record(socket));
        Assert.SkipWhen(attachment.State == AttachmentState.Unknown, $"What is attached cannot be seen here: {attachment.Reason}");
        return (attachment.State, attachment.ProgramId, attachment.Tag);
    }
}
