using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests;

public sealed class NamespaceTests : LinuxTest
{
    [Fact]
    public void Namespaces_do_not_see_each_other()
    {
        LinuxNamespace other = (LinuxNamespace)Own(Backend.CreateNamespace());
        Assert.Equal(3, new[] { Backend.CurrentNamespace.Id, Namespace.Id, other.Id }.Distinct().Count());
        LinuxSocket here = Member(TransportProtocol.Udp, "127.0.0.1:9000", reusePort: false);
        LinuxSocket there = Member(TransportProtocol.Udp, "127.0.0.1:9000", reusePort: false, place: other);
        Assert.Equal(here.Cookie, Assert.Single(Backend.FindSockets(new SocketQuery(Port: 9000, Namespace: Namespace))).Cookie);
        Assert.Equal(there.Cookie, Assert.Single(Backend.FindSockets(new SocketQuery(Port: 9000, Namespace: other))).Cookie);
        Assert.Equal(0, WhoGets([here], "127.0.0.1:1234"));
        Assert.Equal(-1, Backend.WaitForArrival([there], TimeSpan.FromMilliseconds(50)) is null ? -1 : 0);
    }

    [Fact]
    public void The_calling_thread_stays_where_it_is()
    {
        ulong before = Backend.CurrentNamespace.Id;
        _ = Member(TransportProtocol.Udp, "127.0.0.1:9000");
        using LinuxBackend second = new();
        Assert.Equal(before, second.CurrentNamespace.Id);
    }

    [Fact]
    public void What_fails_inside_is_reported_outside()
    {
        Assert.Equal(Errno.EINVAL, ErrnoOf(() => Namespace.Run<bool>(() => throw LinuxErrors.Refused("bind", Errno.EINVAL, "a test"))));
        Assert.True(Namespace.Run(() => Namespace.Run(() => true)));
    }

    [Fact]
    public void A_namespace_that_is_left_is_gone()
    {
        LinuxNamespace gone = (LinuxNamespace)Backend.CreateNamespace();
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => gone.ConnectTo(Namespace));
        Assert.ThrowsAny<Exception>(() => Backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4), gone));
    }

    [Theory]
    [InlineData(TransportProtocol.Udp, "10.1.2.3:53", "198.51.100.7:1234")]
    [InlineData(TransportProtocol.Udp, "0.0.0.0:53", "198.51.100.7:0")]
    [InlineData(TransportProtocol.Udp, "[2001:db8::5]:53", "[2001:db8:1::77]:1234")]
    [InlineData(TransportProtocol.Tcp, "10.1.2.3:80", "172.16.9.9:1234")]
    [InlineData(TransportProtocol.Tcp, "[2001:db8::5]:80", "[2001:db8:1::77]:1234")]
    public void Any_flow_crosses_the_wire(TransportProtocol protocol, string destination, string source)
    {
        LinuxNamespace client = (LinuxNamespace)Own(Backend.CreateNamespace());
        client.ConnectTo(Namespace);
        ImmutableArray<LinuxSocket> group = Group(protocol, destination, 4);
        if (destination.StartsWith("0.0.0.0", StringComparison.Ordinal))
        {
            LinuxSocket sender = Socket(protocol, reusePort: false, place: client);
            sender.Bind(IPEndPoint.Parse(source));
            sender.SendTo("hello"u8, IPEndPoint.Parse("192.0.2.200:53"));
            IBackendSocket arrival = Backend.WaitForArrival([.. group], TimeSpan.FromSeconds(5))!;
            Assert.True(arrival.TryReceive(new byte[16], out _, out IPEndPoint? from));
            Assert.Equal(sender.LocalEndPoint, from);
            return;
        }

        LinuxMap map = Map(SockArray(4));
        for (int i = 0; i < group.Length; i++)
        {
            map.UpdateSocket((uint)i, group[i]);
        }

        for (int i = 0; i < group.Length; i++)
        {
            group[0].AttachProgram(Program(SelectSlot(i, map.Spec), map));
            Assert.Equal(i, WhoGets(group, source, client));
        }
    }

    [Fact]
    public void A_reject_over_the_wire_refuses_the_connection()
    {
        LinuxNamespace client = (LinuxNamespace)Own(Backend.CreateNamespace());
        client.ConnectTo(Namespace);
        Member(TransportProtocol.Tcp, "10.1.2.3:80").AttachProgram(Program(Return(0)));
        LinuxSocket connecting = Socket(TransportProtocol.Tcp, reusePort: false, place: client);
        Assert.Equal(Errno.ECONNREFUSED, ErrnoOf(() => connecting.Connect(IPEndPoint.Parse("10.1.2.3:80"))));
    }

    [Fact]
    public void A_namespace_has_one_wire()
    {
        LinuxNamespace left = (LinuxNamespace)Own(Backend.CreateNamespace());
        left.ConnectTo(Namespace);
        using LinuxNamespace third = (LinuxNamespace)Backend.CreateNamespace();
        Assert.Throws<InvalidOperationException>(() => third.ConnectTo(Namespace));
        Assert.Throws<InvalidOperationException>(() => third.ConnectTo(third));
        using LinuxNamespace host = LinuxBackend.OpenNamespace(Environment.ProcessId); // not made here: left as it is
        Assert.Throws<InvalidOperationException>(() => third.ConnectTo(host));
    }
}
