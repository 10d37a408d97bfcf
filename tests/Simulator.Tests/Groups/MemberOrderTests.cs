using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Tests.Groups;

/// <summary>Semantics §1.2, §1.4 and §1.5: the array of a group.</summary>
public sealed class MemberOrderTests
{
    private readonly Host _host = new();
    private readonly Dictionary<char, IBackendSocket> _members = [];
    private readonly Dictionary<ulong, char> _names = [];

    public static TheoryData<TransportProtocol, string> Families => new()
    {
        { TransportProtocol.Udp, "127.0.0.1" }, { TransportProtocol.Udp, "::1" }, { TransportProtocol.Udp, "0.0.0.0" },
        { TransportProtocol.Tcp, "127.0.0.1" }, { TransportProtocol.Tcp, "::1" }, { TransportProtocol.Tcp, "::" },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void Last_member_takes_the_place_of_the_one_that_leaves(TransportProtocol protocol, string address)
    {
        Add("ABCDEF", protocol, address);
        Assert.Equal("ABCDEF", Order(_members.Keys.First()));
        Assert.Equal("AFCDE", Close('B'));
        Assert.Equal("AFCD", Close('E'));
        Assert.Equal("DFC", Close('A'));
        Add("G", protocol, address);
        Assert.Equal("DFCG", Order(_members.Keys.First()));
        Assert.Equal("DFC", Close('G'));
    }

    [Fact]
    public void Order_of_tcp_is_that_of_listen_not_of_bind()
    {
        IBackendSocket first = _host.Socket(TransportProtocol.Tcp, "127.0.0.1");
        IBackendSocket second = _host.Socket(TransportProtocol.Tcp, "127.0.0.1");
        first.Bind(Host.EndPoint("127.0.0.1"));
        second.Bind(Host.EndPoint("127.0.0.1"));
        second.Listen(1);
        first.Listen(1);
        Assert.Equal([second.Cookie, first.Cookie], _host.Backend.MemberOrder(_host.Record(first))!);
    }

    [Fact]
    public void Socket_ends_with_its_last_handle()
    {
        Add("AB", TransportProtocol.Udp, "127.0.0.1");
        IBackendSocket dup = _host.Backend.AcquireSocket(_host.Record(_members['A']));
        _members['A'].Dispose();
        Assert.Equal("AB", Order('B'));
        dup.Dispose();
        Assert.Equal("B", Order('B'));
    }

    [Theory]
    [InlineData(SocketShutdown.Receive, "AC")]
    [InlineData(SocketShutdown.Both, "AC")]
    [InlineData(SocketShutdown.Send, "ABC")]
    public void Listener_that_stops_receiving_leaves(SocketShutdown how, string expected)
    {
        Add("ABC", TransportProtocol.Tcp, "127.0.0.1");
        _members['B'].Shutdown(how);
        Assert.Equal(expected, Order('A'));
    }

    [Fact]
    public void Shut_down_listener_that_listens_again_joins_at_the_end()
    {
        Add("ABCD", TransportProtocol.Tcp, "127.0.0.1");
        _members['B'].Shutdown(SocketShutdown.Both);
        Assert.Equal("ADC", Order('A'));
        _members['B'].Listen(1);
        Assert.Equal("ADCB", Order('A'));
    }

    [Fact]
    public void Second_listen_changes_nothing()
    {
        Add("AB", TransportProtocol.Tcp, "127.0.0.1");
        _members['A'].Listen(5);
        Assert.Equal("AB", Order(_members.Keys.First()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_migration_shut_down_members_wait_in_the_closed_section(bool bySysctl)
    {
        _host.Network.TcpMigrateRequests = bySysctl;
        Add("0123", TransportProtocol.Tcp, "127.0.0.1");
        if (!bySysctl)
        {
            _members['0'].AttachProgram(_host.Program(
                [], AttachType.SkReuseportSelectOrMigrate,
                Engine.Isa.Instructions.MoveImmediate(Engine.Isa.Register.R0, 1), Engine.Isa.Instructions.Exit()));
        }

        _members['1'].Shutdown(SocketShutdown.Both);
        Assert.Equal("032|1", Sections('0'));
        _members['2'].Shutdown(SocketShutdown.Both);
        Assert.Equal("03|21", Sections('0'));
        _members['2'].Listen(1);
        Assert.Equal("032|1", Sections('0'));
        Assert.Equal(Errno.ENOENT, Host.Outcome(_members['1'].DetachProgram));
        _members['1'].Dispose();
        Assert.Equal("032|", Sections('0'));
    }

    [Fact]
    public void Attach_to_a_shut_down_member_takes_it_out_into_a_group_of_its_own()
    {
        _host.Network.TcpMigrateRequests = true;
        Add("012", TransportProtocol.Tcp, "127.0.0.1");
        _members['1'].Shutdown(SocketShutdown.Both);
        _members['1'].AttachProgram(_host.Returning(1));
        Assert.Equal("02|", Sections('0'));
        Assert.Equal("1|", Sections('1'));
        Assert.NotEqual(Sock('0').Group!.Id, Sock('1').Group!.Id);
        Assert.Equal(Errno.EADDRINUSE, Host.Outcome(() => _members['1'].Listen(1)));
    }

    [Fact]
    public void When_all_are_shut_down_a_new_listener_founds_a_new_group_and_old_ones_follow_it()
    {
        _host.Network.TcpMigrateRequests = true;
        Add("01", TransportProtocol.Tcp, "127.0.0.1");
        _members['0'].AttachProgram(_host.Returning(1));
        _members['0'].Shutdown(SocketShutdown.Both);
        _members['1'].Shutdown(SocketShutdown.Both);
        Add("2", TransportProtocol.Tcp, "127.0.0.1");
        Assert.Equal(AttachmentState.None, _host.Backend.InspectAttachment(_host.Record(_members['2'])).State);
        _members['0'].Listen(1);
        Assert.Equal("20|", Sections('2'));
        Assert.Equal("|1", Sections('1'));
    }

    [Theory]
    [InlineData(TransportProtocol.Udp, Errno.EADDRINUSE)]
    [InlineData(TransportProtocol.Tcp, Errno.ENOMEM)]
    public void Group_holds_32768_members(TransportProtocol protocol, Errno refusal)
    {
        IBackendSocket[] members = _host.OpenGroup(protocol, "127.0.0.1", ReuseportGroup.LargestCapacity);
        Assert.Equal(refusal, Host.Outcome(() => _host.Open(protocol, "127.0.0.1")));
        Assert.Equal(members.Select(member => member.Cookie), _host.Backend.MemberOrder(_host.Record(members[0]))!);
        members[7].Dispose();
        IBackendSocket late = _host.Open(protocol, "127.0.0.1");
        Assert.Equal([members[^1].Cookie, late.Cookie], [Member(7), Member(ReuseportGroup.LargestCapacity - 1)]);

        ulong Member(int index) => _host.Backend.MemberOrder(_host.Record(members[0]))![index];
    }

    [Fact]
    public void Full_group_gives_up_a_closed_member_for_a_new_one()
    {
        _host.Network.TcpMigrateRequests = true;
        IBackendSocket[] members = _host.OpenGroup(TransportProtocol.Tcp, "127.0.0.1", ReuseportGroup.LargestCapacity);
        members[5].Shutdown(SocketShutdown.Both);
        _ = _host.Open(TransportProtocol.Tcp, "127.0.0.1");
        Assert.Null(((SimulatedSocket)members[5]).Sock.Group);
        Assert.Equal(ReuseportGroup.LargestCapacity, ((SimulatedSocket)members[0]).Sock.Group!.LiveCount);
    }

    [Theory]
    [InlineData(128, 128)]
    [InlineData(129, 256)]
    [InlineData(300, 512)]
    public void Array_doubles(int members, int capacity)
    {
        IBackendSocket[] opened = _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", members);
        ReuseportGroup group = ((SimulatedSocket)opened[0]).Sock.Group!;
        Assert.Equal((capacity, members), (group.Capacity, group.LiveCount));
    }

    [Fact]
    public void Incoming_cpu_counter_follows_option_join_and_leave()
    {
        Add("ABC", TransportProtocol.Udp, "127.0.0.1");
        ReuseportGroup group = Sock('A').Group!;
        _members['A'].SetOption(SocketOption.IncomingCpu, 1);
        _members['B'].SetOption(SocketOption.IncomingCpu, 0);
        Assert.Equal(2, group.IncomingCpuCount);
        _members['A'].SetOption(SocketOption.IncomingCpu, 0);
        Assert.Equal(2, group.IncomingCpuCount);
        _members['A'].SetOption(SocketOption.IncomingCpu, -1);
        Assert.Equal(1, group.IncomingCpuCount);
        _host.Open(TransportProtocol.Udp, "127.0.0.1", incomingCpu: 1);
        Assert.Equal(2, group.IncomingCpuCount);
        _members['B'].Dispose();
        Assert.Equal(1, group.IncomingCpuCount);
    }

    private Sock Sock(char name) => ((SimulatedSocket)_members[name]).Sock;

    private void Add(string names, TransportProtocol protocol, string address)
    {
        foreach (char name in names)
        {
            IBackendSocket socket = _host.Open(protocol, address);
            _members.Add(name, socket);
            _names.Add(socket.Cookie, name);
        }
    }

    private string Close(char name)
    {
        _members[name].Dispose();
        _members.Remove(name);
        return Order(_members.Keys.First());
    }

    private string Order(char member) =>
        string.Concat(_host.Backend.MemberOrder(_host.Record(_members[member]))!.Select(cookie => _names[cookie]));

    private string Sections(char name)
    {
        ReuseportGroup group = Sock(name).Group!;
        return Names(group.Live) + "|" + Names(group.Closed);
    }

    private string Names(ReadOnlySpan<Sock?> section) => string.Concat(section.ToArray().Select(sock => _names[sock!.Cookie]));
}
