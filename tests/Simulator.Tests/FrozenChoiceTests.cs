using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests;

/// <summary>-Freeze on kernels before 6.13, where a connected member of a specific address stays in its group: the kernel passes it over, and no program by hash and order alone does.</summary>
public sealed class FrozenChoiceTests
{
    private const int Port = 5300;

    [Theory]
    [InlineData("5.15", true)]
    [InlineData("6.12", true)]
    [InlineData("6.18", false)]
    public void A_connected_member_that_is_still_in_the_group_cannot_be_frozen(string kernel, bool stays)
    {
        using SimulatorBackend backend = new(new SimulatorOptions { KernelVersion = kernel });
        using SimulatedProcess server = backend.CreateProcess("server");
        using GroupCatalog groups = new(backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));
        IBackendSocket[] members = [.. Enumerable.Range(0, 3).Select(_ => Open(server))];
        members[1].Connect(new IPEndPoint(IPAddress.Loopback, 4000));
        GroupAdoptRequest request = new("dns", TransportProtocol.Udp, Port, null, [], Freeze: true);
        if (!stays)
        {
            using ManagedGroup frozen = groups.Adopt(request);
            Assert.Equal([members[0].Cookie, members[2].Cookie], frozen.ReadSlots().Select(slot => slot.Seats[0].Cookie));
            return;
        }

        Diagnostic refused = Assert.ThrowsAny<DiagnosticException>(() => groups.Adopt(request)).Diagnostics[0];
        Assert.Equal(GroupCodes.CannotFreeze, refused.Code);
        Assert.Contains($"cookie {members[1].Cookie} is connected, and so passed over by the kernel", refused.Message, StringComparison.Ordinal);
        Assert.Empty(backend.Pins.List());
        groups.Adopt(request with { Freeze = false }).Dispose();
    }

    private static IBackendSocket Open(SimulatedProcess server)
    {
        IBackendSocket socket = server.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        return socket;
    }
}
