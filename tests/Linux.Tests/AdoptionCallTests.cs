using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests;

/// <summary>How many system calls adoption and a policy make for each socket. Counted, not timed: what is done twice, or for each socket anew, is seen here.</summary>
public sealed class AdoptionCallTests : LinuxTest
{
    private const int Few = 128;
    private const int Many = 1024;
    private const int Port = 18090;

    /// <summary>Link of the descriptor, pidfd_getfd, SO_COOKIE, SO_REUSEPORT, the seat, close. The half is for other processes, which come and go between the two counts.</summary>
    private const double ForAdoption = 6.5;

    /// <summary>The sockets are listed, many in one answer; nothing is done with each.</summary>
    private const double ForPolicy = 0.5;

    [Theory]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public void Each_socket_takes_the_calls_that_it_needs(TransportProtocol protocol)
    {
        using PrivateBpffs bpffs = new();
        Assert.SkipUnless(bpffs.IsMounted, "Needs CAP_SYS_ADMIN to mount a BPF file system.");
        using LinuxBackend backend = new(new LinuxBackendOptions { PinDirectory = bpffs.Path });
        _ = Count(backend, protocol, 1); // what is opened once
        (int adoptFew, int applyFew) = Count(backend, protocol, Few);
        (int adoptMany, int applyMany) = Count(backend, protocol, Many);
        double adoption = (adoptMany - adoptFew) / (double)(Many - Few);
        double policy = (applyMany - applyFew) / (double)(Many - Few);
        TestContext.Current.TestOutputHelper?.WriteLine($"{protocol}: adoption of {Few} {adoptFew} calls, of {Many} {adoptMany}; policy {applyFew} and {applyMany}");
        Assert.True(adoption <= ForAdoption, $"{adoption:0.00} calls for each socket that is adopted ({adoptFew} for {Few}, {adoptMany} for {Many}); {ForAdoption} are the most");
        Assert.True(policy <= ForPolicy, $"{policy:0.00} calls for each socket when a policy is applied ({applyFew} for {Few}, {applyMany} for {Many}); {ForPolicy} are the most");
    }

    private (int Adopt, int Apply) Count(LinuxBackend backend, TransportProtocol protocol, int count)
    {
        List<LinuxSocket> sockets = [];
        try
        {
            for (int index = 0; index < count; index++)
            {
                LinuxSocket socket = (LinuxSocket)backend.CreateSocket(new SocketSpec(protocol, IpFamily.V4), Namespace);
                sockets.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, Port));
                if (protocol == TransportProtocol.Tcp)
                {
                    socket.Listen(16);
                }
            }

            using GroupCatalog catalog = new(backend, new PolicyText(PolicyYaml.Write, static text => PolicyYaml.Read(text).Policy!), Namespace);
            SteeringPolicy policy = PolicyYaml.Read("version: 1\npolicy: calls\notherwise: { by: hash }").Policy!;
            ManagedGroup? group = null;
            int adopt = Calls(() => group = catalog.Adopt(new GroupAdoptRequest("calls", protocol, Port, null, []) { Namespace = Namespace }));
            Assert.Equal(count, group!.SlotCount);
            int apply = Calls(() => group.Apply(policy));
            group.Dispose();
            catalog.Remove("calls");
            return (adopt, apply);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static int Calls(Action action)
    {
        int calls = 0;
        Sys.Gate = (_, _, _, make) =>
        {
            Interlocked.Increment(ref calls);
            return make();
        };
        try
        {
            action();
        }
        finally
        {
            Sys.Gate = null;
        }

        return calls;
    }
}
