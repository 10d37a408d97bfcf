using System.Globalization;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Tests.Faults;

namespace ReuseportPS.Linux.Tests;

/// <summary>-Freeze against the kernel's own hash, flow by flow.</summary>
public sealed class FrozenHashTests : LinuxTest
{
    private const int Port = 18085;
    private const int Flows = 320;

    [Theory]
    [InlineData(TransportProtocol.Udp)]
    [InlineData(TransportProtocol.Tcp)]
    public void No_flow_moves_at_adoption_nor_when_sockets_join(TransportProtocol protocol)
    {
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        Assert.SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        using LinuxBackend backend = new(new LinuxBackendOptions { PinDirectory = bpffs.Path + "/groups" });
        string endPoint = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");
        List<LinuxSocket> members = [.. Group(protocol, endPoint, 4)];
        int[] before = Serve();
        Assert.Equal(4, before.Distinct().Count());

        using (GroupCatalog catalog = GroupCommand.Catalog(backend, Namespace))
        {
            catalog.Adopt(new GroupAdoptRequest("frozen", protocol, Port, null, [], Namespace, Freeze: true)).Dispose();
            Assert.Equal(0, Moved());
            members.AddRange(Group(protocol, endPoint, 2));
            Assert.Equal(0, Moved());

            // That is what it is for.
            catalog.Remove("frozen");
            Assert.InRange(Moved(), Flows / 4, Flows);
        }

        int[] Serve() => [.. Enumerable.Range(0, Flows).Select(flow => WhoGets(members, string.Create(CultureInfo.InvariantCulture, $"127.0.{flow % 7}.{1 + (flow % 31)}:{20000 + flow}")))];

        int Moved() => Serve().Zip(before).Count(pair => pair.First != pair.Second);
    }
}
