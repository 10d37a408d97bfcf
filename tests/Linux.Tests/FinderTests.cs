using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Sockets;

namespace ReuseportPS.Linux.Tests;

public sealed class FinderTests : LinuxTest
{
    [Theory]
    [InlineData(TransportProtocol.Udp, "127.0.0.1:9000")]
    [InlineData(TransportProtocol.Udp, "[2001:db8::5]:9000")]
    [InlineData(TransportProtocol.Tcp, "0.0.0.0:9000")]
    [InlineData(TransportProtocol.Tcp, "[::]:9000")]
    public void A_record_says_what_the_socket_is(TransportProtocol protocol, string endPoint)
    {
        LinuxSocket socket = Member(protocol, endPoint);
        SocketRecord record = Assert.Single(Backend.FindSockets(new SocketQuery(protocol, 9000, Namespace: Namespace)));
        bool v6Only = endPoint.StartsWith("[2001", StringComparison.Ordinal); // the kernel sets it at a bind to a specific IPv6 address
        Assert.Equal(
            new SocketRecord(socket.Cookie, record.Inode, protocol, socket.Family, IPEndPoint.Parse(endPoint), 0, 0, v6Only, false, 0, Namespace.Id, record.Owners),
            record with { QueueLimit = null, Drops = null });
        Assert.True(protocol == TransportProtocol.Tcp ? record.QueueLimit == 64 : record.QueueLimit > 4096);
        Assert.Equal(protocol == TransportProtocol.Tcp ? null : 0L, record.Drops);
        SocketOwner owner = Assert.Single(record.Owners);
        Assert.Equal((Environment.ProcessId, File.ReadAllText("/proc/self/comm").Trim()), (owner.ProcessId, owner.Command));
        Assert.Equal($"socket:[{record.Inode}]", new FileInfo($"/proc/self/fd/{owner.FileDescriptor}").LinkTarget);
    }

    [Fact]
    public void Queries_select()
    {
        LinuxSocket udp4 = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        LinuxSocket udp6 = Member(TransportProtocol.Udp, "[::1]:9000");
        LinuxSocket tcp = Member(TransportProtocol.Tcp, "127.0.0.1:9000");
        LinuxSocket other = Member(TransportProtocol.Udp, "127.0.0.2:9001");
        _ = Socket(TransportProtocol.Udp); // not bound: not found
        Assert.Equal([tcp, udp4, other, udp6], Find(new SocketQuery()));
        Assert.Equal([udp4, other, udp6], Find(new SocketQuery(TransportProtocol.Udp)));
        Assert.Equal([tcp, udp4, udp6], Find(new SocketQuery(Port: 9000)));
        Assert.Equal([other], Find(new SocketQuery(Address: IPAddress.Parse("127.0.0.2"))));
        Assert.Equal([udp6], Find(new SocketQuery(Cookie: udp6.Cookie)));
        Assert.Equal([tcp], Find(new SocketQuery(TransportProtocol.Tcp, 9000, ProcessId: Environment.ProcessId)));
        Assert.Empty(Find(new SocketQuery(Port: 9002)));
        Assert.All(Backend.FindSockets(new SocketQuery(Namespace: Namespace, WithOwners: false)), record => Assert.Empty(record.Owners));

        IEnumerable<LinuxSocket> Find(SocketQuery query)
        {
            LinuxSocket[] all = [udp4, udp6, tcp, other];
            return Backend.FindSockets(query with { Namespace = Namespace }).Select(record => all.Single(socket => socket.Cookie == record.Cookie));
        }
    }

    [Fact]
    public void V6only_queues_and_peers_are_seen()
    {
        LinuxSocket only = (LinuxSocket)Own(Backend.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V6, V6Only: true), Namespace));
        only.Bind(IPEndPoint.Parse("[::]:9000"));
        only.Listen(8);
        Assert.True(Record(only).V6Only);
        for (int i = 1; i <= 3; i++)
        {
            Socket(TransportProtocol.Tcp, IpFamily.V6, reusePort: false).Connect(IPEndPoint.Parse("[::1]:9000"));
            Assert.True(SpinWait.SpinUntil(() => Record(only).ReceiveQueue == i, TimeSpan.FromSeconds(5)));
        }

        LinuxSocket udp = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        Socket(TransportProtocol.Udp, reusePort: false).SendTo("x"u8, udp.LocalEndPoint!);
        Assert.True(SpinWait.SpinUntil(() => Record(udp).ReceiveQueue > 0, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void More_sockets_than_one_answer_holds_are_all_found()
    {
        ImmutableArray<LinuxSocket> group = Group(TransportProtocol.Udp, "127.0.0.1:9000", 1500);
        IReadOnlyList<SocketRecord> found = Backend.FindSockets(new SocketQuery(Port: 9000, Namespace: Namespace));
        Assert.Equal(group.Select(socket => socket.Cookie).Order(), found.Select(record => record.Cookie).Order());
        Assert.All(found, record => Assert.Single(record.Owners));
    }

    [Fact]
    public void Acquiring_gives_the_same_socket()
    {
        LinuxSocket socket = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        SocketRecord record = Record(socket);
        using IBackendSocket copy = Backend.AcquireSocket(record);
        Assert.Equal(socket.Cookie, copy.Cookie);
        Assert.Equal(1, copy.GetOption(SocketOption.ReusePort));
        Assert.Equal(socket.LocalEndPoint, copy.LocalEndPoint);
        Assert.Equal(Errno.EOPNOTSUPP, ErrnoOf(() => copy.TryAccept(out _)));
    }

    [Fact]
    public void Acquiring_looks_again_when_the_descriptor_has_changed()
    {
        LinuxSocket socket = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        LinuxSocket other = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        SocketRecord record = Record(socket) with { Owners = Record(other).Owners };
        using IBackendSocket copy = Backend.AcquireSocket(record);
        Assert.Equal(socket.Cookie, copy.Cookie);
        using IBackendSocket nobody = Backend.AcquireSocket(record with { Owners = [new SocketOwner(0x3fffffff, 3, "gone")] });
        Assert.Equal(socket.Cookie, nobody.Cookie);
    }

    [Fact]
    public void A_socket_that_is_gone_cannot_be_acquired()
    {
        LinuxSocket socket = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        SocketRecord record = Record(socket);
        socket.Dispose();
        BackendException gone = Assert.Throws<BackendException>(() => Backend.AcquireSocket(record));
        Assert.Equal((Errno.ESRCH, "RPS5074"), (gone.Errno, gone.Diagnostics[0].Code));
        Assert.Equal(Errno.ENOENT, ErrnoOf(() => Backend.FindSockets(new SocketQuery(ProcessId: 0x3fffffff))));
    }

    [Fact]
    public void A_listener_inside_an_MPTCP_socket_is_told()
    {
        LinuxSocket listener = ForeignSocket(domain: 2, type: 1, protocol: 262);
        listener.Bind(IPEndPoint.Parse("127.0.0.1:9000"));
        listener.Listen(8);
        SocketRecord record = Assert.Single(Backend.FindSockets(new SocketQuery(TransportProtocol.Tcp, 9000, Namespace: Namespace)));
        BackendException refused = Assert.Throws<BackendException>(() => Backend.AcquireSocket(record));
        Assert.Equal("RPS5078", refused.Diagnostics[0].Code);
        Assert.Contains("errno 524", refused.Message, StringComparison.Ordinal);
        Assert.Contains("GODEBUG=multipathtcp=0", refused.Diagnostics[0].Remedy, StringComparison.Ordinal);
    }

    /// <summary>A server in a namespace of its own: by sock_diag inside, and by /proc/PID/net from outside.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_sockets_of_a_process_elsewhere_are_found(bool enters)
    {
        using ChildServer server = ChildServer.StartPython(Namespace, listeners: 3);
        using LinuxNamespace here = LinuxNamespace.OfThisThread();
        SocketFinder finder = new(here) { EntersNamespaces = enters };
        IReadOnlyList<SocketRecord> found = finder.Find(new SocketQuery(Port: ChildServer.Port, ProcessId: server.ProcessId));
        Assert.Equal(3, found.Count(record => record is { Protocol: TransportProtocol.Tcp, Family: IpFamily.V4 }));
        Assert.Equal(3, found.Count(record => record is { Protocol: TransportProtocol.Udp, Family: IpFamily.V6, V6Only: true }));
        Assert.Equal(6, found.Count);
        Assert.All(found, record =>
        {
            Assert.NotEqual(0UL, record.Cookie);
            Assert.Equal(Namespace.Id, record.NetworkNamespace);
            Assert.Equal(server.ProcessId, Assert.Single(record.Owners).ProcessId);
            using IBackendSocket copy = Backend.AcquireSocket(record);
            Assert.Equal(record.Cookie, copy.Cookie);
        });
        Assert.Empty(finder.Find(new SocketQuery(Port: ChildServer.Port)));
    }
}
