using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests;

/// <summary>The wait for a server to settle, by the simulator's clock.</summary>
public sealed class SettlingTests
{
    private const int Port = 5300;

    [Fact]
    public void A_look_a_second_until_two_are_alike()
    {
        using SimulatorBackend backend = new();
        using SimulatedProcess server = backend.CreateProcess("server");
        using GroupCatalog groups = Groups(backend);
        Listen(server);
        using ManagedGroup group = Adopt(groups);
        ulong begin = backend.MonotonicTime;

        Assert.Equal([], group.SynchronizeSettled(TimeSpan.FromSeconds(30)).Unsettled!.Value);

        Assert.Equal(1_000_000_000u, backend.MonotonicTime - begin);
    }

    [Fact]
    public void At_the_limit_it_says_what_still_changes_and_seats_who_is_there()
    {
        using SimulatorBackend backend = new();
        using SimulatedProcess server = backend.CreateProcess("server");
        using GroupCatalog groups = Groups(backend);
        Listen(server);
        using ManagedGroup group = Adopt(groups);
        List<TimeSpan> looks = [];

        GroupSynchronization done = group.SynchronizeSettled(TimeSpan.FromSeconds(2.5), waiting: (_, waited) =>
        {
            looks.Add(waited);
            Listen(server);
        });

        Assert.Equal([0, 1, 2], looks.Select(look => look.TotalSeconds));
        Assert.Equal(2_500_000_000u, backend.MonotonicTime);
        Assert.EndsWith("came", Assert.Single(done.Unsettled!.Value), StringComparison.Ordinal);
        Assert.Equal((1, 4), (done.FormerSlotCount, done.SlotCount));
    }

    [Fact]
    public void Workers_that_began_before_the_reload_are_not_those_it_brings()
    {
        using SimulatorBackend backend = new();
        SimulatedProcess old = backend.CreateProcess("old");
        using GroupCatalog groups = Groups(backend);
        Listen(old);
        using ManagedGroup group = Adopt(groups);
        backend.LetTimePass(TimeSpan.FromMinutes(1));
        DateTimeOffset reload = backend.Now;
        int looks = 0;

        // For three seconds the server reads what it was told, and nothing can be seen.
        GroupSynchronization done = group.SynchronizeSettled(TimeSpan.FromSeconds(30), reload, waiting: (now, _) =>
        {
            if (looks++ > 0 && looks <= 4)
            {
                Assert.Contains("served by old", Assert.Single(now), StringComparison.Ordinal);
            }

            if (looks == 4)
            {
                Listen(backend.CreateProcess("new"));
                old.Dispose();
            }
        });

        Assert.Equal([], done.Unsettled!.Value);
        Assert.Equal([(0, 5300)], done.Seated.Select(seat => (seat.Slot, seat.Member.LocalEndPoint.Port)));
        Assert.Equal(5, looks);
    }

    [Fact]
    public void One_that_two_processes_hold_and_none_is_known_to_serve_is_waited_for_beside_others()
    {
        using SimulatorBackend backend = new();
        using SimulatedProcess server = backend.CreateProcess("server");
        using GroupCatalog groups = Groups(backend);
        Listen(server);
        using ManagedGroup group = Adopt(groups);
        IBackendSocket shared = Listen(server);
        using IBackendSocket second = backend.AcquireSocket(backend.FindSockets(new SocketQuery(Cookie: shared.Cookie))[0]);

        GroupSynchronization done = group.SynchronizeSettled(TimeSpan.FromSeconds(3));

        Assert.EndsWith("is served by nobody that can be seen", Assert.Single(done.Unsettled!.Value), StringComparison.Ordinal);
        Assert.Equal(2, done.SlotCount);
    }

    private static GroupCatalog Groups(SimulatorBackend backend) => new(backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!));

    private static ManagedGroup Adopt(GroupCatalog groups) => groups.Adopt(new GroupAdoptRequest("web", TransportProtocol.Tcp, Port, null, []));

    private static IBackendSocket Listen(SimulatedProcess server)
    {
        IBackendSocket socket = server.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4));
        socket.Bind(new(System.Net.IPAddress.Loopback, Port));
        socket.Listen(16);
        return socket;
    }
}
