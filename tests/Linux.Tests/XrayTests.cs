using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Linux.Tests;

public sealed class XrayTests : LinuxTest
{
    public XrayTests()
    {
        EnvironmentCheck inspection = Backend.CheckEnvironment().Single(check => check.Name == "group inspection");
        SkipUnless(inspection.Passed, $"Needs BPF iterators: {inspection.State}");
    }

    [Theory]
    [InlineData(TransportProtocol.Udp, "127.0.0.1:9000")]
    [InlineData(TransportProtocol.Udp, "[::1]:9000")]
    [InlineData(TransportProtocol.Tcp, "127.0.0.1:9000")]
    [InlineData(TransportProtocol.Tcp, "[::1]:9000")]
    public void What_is_attached_is_seen(TransportProtocol protocol, string endPoint)
    {
        ImmutableArray<LinuxSocket> group = Group(protocol, endPoint, 3);
        SocketRecord record = Record(group[1]);
        Assert.Equal(new Attachment(AttachmentState.None), Backend.InspectAttachment(record));

        LinuxProgram program = Program(Return(1));
        group[0].AttachProgram(program);
        Assert.Equal(new Attachment(AttachmentState.Program, program.Id, program.Tag), Backend.InspectAttachment(record));

        LinuxProgram filter = Program(Return(2, ProgramType.SocketFilter));
        group[2].AttachProgram(filter);
        Assert.Equal(new Attachment(AttachmentState.Program, filter.Id, filter.Tag), Backend.InspectAttachment(record));

        ClassicProgram.AttachReturn(group[2], 1);
        Assert.Equal(new Attachment(AttachmentState.Classic), Backend.InspectAttachment(record));

        group[1].DetachProgram();
        Assert.Equal(new Attachment(AttachmentState.None), Backend.InspectAttachment(record));
    }

    [Fact]
    public void A_socket_without_a_group_has_no_program_and_no_members()
    {
        SocketRecord record = Record(Member(TransportProtocol.Udp, "127.0.0.1:9000", reusePort: false));
        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(record).State);
        Assert.Empty(Backend.MemberOrder(record)!);
    }

    [Fact]
    public void A_socket_that_is_gone_is_unknown()
    {
        LinuxSocket socket = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        SocketRecord record = Record(socket);
        socket.Dispose();
        Attachment attachment = Backend.InspectAttachment(record);
        Assert.Equal(AttachmentState.Unknown, attachment.State);
        Assert.NotNull(attachment.Reason);
        Assert.Null(Backend.MemberOrder(record));
    }

    /// <summary>The truth about the order: a classic program "return k" sends a packet to the member at position k.</summary>
    [Theory]
    [InlineData(TransportProtocol.Udp)]
    [InlineData(TransportProtocol.Tcp)]
    public void The_order_of_members_is_the_one_that_packets_meet(TransportProtocol protocol)
    {
        List<LinuxSocket> group = [.. Group(protocol, "127.0.0.1:9000", 6)];
        CheckOrder(group, [0, 1, 2, 3, 4, 5]);
        group[2].Dispose(); // the last one moves into the hole
        CheckOrder(group, [0, 1, 5, 3, 4]);
        group.Add(Member(protocol, "127.0.0.1:9000"));
        CheckOrder(group, [0, 1, 5, 3, 4, 6]);
        group[0].Dispose();
        CheckOrder(group, [6, 1, 5, 3, 4]);
    }

    [Fact]
    public void A_group_larger_than_one_reading_keeps_its_order()
    {
        ImmutableArray<LinuxSocket> group = Group(TransportProtocol.Udp, "127.0.0.1:9000", 2100);
        Assert.Equal(group.Select(socket => socket.Cookie), Backend.MemberOrder(Record(group[1500])));
    }

    [Fact]
    public void Looking_gives_no_cookie_to_a_socket_and_the_order_asks_for_them()
    {
        using LinuxNamespace other = (LinuxNamespace)Backend.CreateNamespace();
        LinuxSocket first = Member(TransportProtocol.Udp, "127.0.0.1:9000", place: other);
        SocketRecord record = Record(first, other);
        LinuxSocket second = Member(TransportProtocol.Udp, "127.0.0.1:9000", place: other);
        Assert.Equal([first.Cookie, 0UL], Backend.Snapshot(record)!.Members);
        Assert.Null(Backend.MemberOrder(record));
        Assert.Equal([first.Cookie, second.Cookie], Backend.MemberOrder(record));
    }

    [Fact]
    public void A_listener_that_was_shut_down_is_counted_as_closed()
    {
        Namespace.Run(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/tcp_migrate_req", "1");
            return true;
        });
        ImmutableArray<LinuxSocket> group = Group(TransportProtocol.Tcp, "127.0.0.1:9000", 4);
        SocketRecord record = Record(group[0]);
        _ = group.Select(socket => socket.Cookie).ToList();
        group[1].Shutdown(System.Net.Sockets.SocketShutdown.Receive);
        GroupSnapshot snapshot = Backend.Snapshot(record)!;
        Assert.Equal(1, snapshot.ClosedCount);
        Assert.Equal([group[0].Cookie, group[3].Cookie, group[2].Cookie], snapshot.Members);
    }

    private void CheckOrder(List<LinuxSocket> group, int[] expected)
    {
        List<LinuxSocket> alive = [.. expected.Select(index => group[index])];
        ulong[] cookies = [.. alive.Select(socket => socket.Cookie)];
        Assert.Equal(cookies, Backend.MemberOrder(Record(alive[0])));
        for (int k = 0; k < alive.Count; k++)
        {
            ClassicProgram.AttachReturn(alive[0], k);
            Assert.Equal(k, WhoGets(alive, "127.0.0.1:0"));
        }

        alive[0].DetachProgram();
    }
}
