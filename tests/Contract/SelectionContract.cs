using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>A program's decision: what helper 82 returns, and where the packet goes by return value and selection.</summary>
public abstract class SelectionContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private const int Entries = 4;

    /// <summary>The packet, what sits in seat 1 of the array, the key, and what helper 82 returns. Seat 0 holds a member.</summary>
    [Theory]
    [InlineData("udp4", "", 0, 0)]
    [InlineData("udp6", "", 0, 0)]
    [InlineData("tcp4", "", 0, 0)]
    [InlineData("tcp6", "", 0, 0)]
    [InlineData("udp4", "udp4", 1, 0)]
    [InlineData("udp4", "", 1, -2)]
    [InlineData("udp4", "", Entries, -2)]
    [InlineData("udp4", "", uint.MaxValue, -2)]
    [InlineData("tcp6", "", 3, -2)]
    [InlineData("udp4", "udp4 any", 1, -77)]
    [InlineData("udp4", "udp4 other", 1, -77)]
    [InlineData("udp4", "udp4 port", 1, -77)]
    [InlineData("udp4", "tcp4", 1, -91)]
    [InlineData("udp4", "tcp6", 1, -91)]
    [InlineData("udp4", "udp6", 1, -97)]
    [InlineData("udp4", "udp6 mapped", 1, -97)]
    [InlineData("udp6", "udp6 any", 1, -77)]
    [InlineData("udp6", "udp6 device", 1, -77)]
    [InlineData("udp6", "udp4", 1, -97)]
    [InlineData("udp6", "tcp6", 1, -91)]
    [InlineData("tcp4", "tcp4 any", 1, -77)]
    [InlineData("tcp4", "tcp4 port", 1, -77)]
    [InlineData("tcp4", "tcp6", 1, -97)]
    [InlineData("tcp4", "udp4", 1, -91)]
    [InlineData("tcp4", "udp6", 1, -91)]
    [InlineData("tcp6", "tcp6 any", 1, -77)]
    [InlineData("udp4", "udp4 closed", 1, -2)]
    [InlineData("udp4", "udp4 connected", 1, -2)]
    [InlineData("tcp4", "tcp4 shutdown", 1, -2)]
    public void What_the_helper_returns(string kind, string neighbour, uint key, long expected)
    {
        foreach (int valueSize in (int[])[8, 4])
        {
            int port = World.NextPort();
            IBackendSocket member = Open(kind, port);
            IBackendSocket? other = neighbour.Length == 0 ? null : Neighbour(neighbour, port);
            using IBackendMap seats = Backend.CreateMap(Spec() with { ValueSize = valueSize });
            seats.UpdateSocket(0, member);
            if (other is not null)
            {
                seats.UpdateSocket(1, other);
                Leave(other, neighbour);
            }

            ProgramSpec spec = TestPrograms.Select(seats.Spec, [key]);
            IBackendMap results = CreateMap(spec.Maps[1]);
            member.AttachProgram(Load(spec, seats, results));
            IReadOnlyList<IBackendSocket> sockets = other is null || neighbour.EndsWith("closed", StringComparison.Ordinal) ? [member] : [member, other];
            FlowArrival arrival = Arrival(kind, sockets, port);

            Assert.Equal([expected], ReadResults(results));
            if (neighbour != kind)
            {
                Assert.Equal(Slot(0), arrival);
            }
            else
            {
                Assert.Equal(Slot((int)key), arrival);
            }
        }
    }

    /// <summary>The keys selected one after the other (0 and 1 are members, 3 is empty), what each returned, and who gets the packet.</summary>
    [Theory]
    [InlineData("udp4", new uint[] { 0, 1 }, new long[] { 0, 0 }, 1)]
    [InlineData("udp4", new uint[] { 1, 0 }, new long[] { 0, 0 }, 0)]
    [InlineData("udp4", new uint[] { 1, 3 }, new long[] { 0, -2 }, 1)]
    [InlineData("udp4", new uint[] { 3, 1 }, new long[] { -2, 0 }, 1)]
    [InlineData("udp4", new uint[] { 3, 1, 9, 0, 3 }, new long[] { -2, 0, -2, 0, -2 }, 0)]
    [InlineData("tcp4", new uint[] { 1, 3 }, new long[] { 0, -2 }, 1)]
    [InlineData("tcp6", new uint[] { 0, 1 }, new long[] { 0, 0 }, 1)]
    public void The_last_selection_that_succeeded_counts(string kind, uint[] keys, long[] returned, int expected)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 2)];
        IBackendMap seats = CreateSeats(members, Spec());
        ProgramSpec spec = TestPrograms.Select(seats.Spec, keys);
        IBackendMap results = CreateMap(spec.Maps[1]);
        members[0].AttachProgram(Load(spec, seats, results));

        Assert.Equal(Slot(expected), Arrival(kind, members));
        Assert.Equal(returned, ReadResults(results));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 32)]
    public void The_helper_ignores_its_flags(ulong flags)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        IBackendMap seats = CreateSeats(members, Spec());
        ProgramSpec spec = TestPrograms.Select(seats.Spec, [1], flags: flags);
        IBackendMap results = CreateMap(spec.Maps[1]);
        members[0].AttachProgram(Load(spec, seats, results));

        Assert.Equal(Slot(1), Arrival("udp4", members));
        Assert.Equal([0L], ReadResults(results));
    }

    [Theory]
    [MemberData(nameof(OutcomeCases.All), MemberType = typeof(OutcomeCases))]
    public void The_return_value_decides(string kind, ulong returned, int selected, string expected)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        IBackendMap seats = CreateSeats(members, Spec());
        ProgramSpec spec = TestPrograms.Select(seats.Spec, selected < 0 ? [] : [(uint)selected], returned);
        members[0].AttachProgram(selected < 0
            ? Load(TestPrograms.Return(returned))
            : Load(spec, seats, CreateMap(spec.Maps[1])));

        switch (expected)
        {
            case "rejected":
                Assert.Equal(Rejected, Arrival(kind, members));
                break;
            case "any":
                int[] slots = [.. Enumerable.Range(0, 40).Select(_ => Arrival(kind, members).Slot)];
                Assert.DoesNotContain(-1, slots);
                Assert.True(slots.Distinct().Count() > 1, "40 flows all reached one of three members.");
                break;
            default:
                Assert.All(Enumerable.Range(0, 8), _ => Assert.Equal(Slot(selected), Arrival(kind, members)));
                break;
        }
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void Passing_without_a_selection_is_the_choice_without_a_program(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 4)];
        (var protocol, var family) = SocketText.Packet(kind);
        var flows = Enumerable.Range(0, 32).Select(_ => World.NextFlow(protocol, family, Port)).ToArray();
        FlowArrival[] before = [.. flows.Select(flow => Arrival(flow, members))];

        members[0].AttachProgram(Load(TestPrograms.Return(1)));

        Assert.Equal(before, flows.Select(flow => Arrival(flow, members)));
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void A_drop_does_not_fall_through_to_a_wildcard_group(string kind)
    {
        IBackendSocket member = Open(kind);
        IBackendSocket wildcard = Open(kind + " any");
        member.AttachProgram(Load(TestPrograms.Return(0)));

        Assert.Equal(Rejected, Arrival(kind, [member, wildcard]));
    }

    [Fact]
    public void A_seat_that_empties_is_felt_by_the_next_packet()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        IBackendMap seats = CreateSeats(members, Spec());
        _ = AttachSelection(members[0], seats, 1);
        Assert.Equal(Slot(1), Arrival("udp4", members));

        seats.Delete(Key(1));
        seats.UpdateSocket(3, members[1]);
        seats.Delete(Key(2));
        seats.UpdateSocket(1, members[2]);

        Assert.Equal(Slot(2), Arrival("udp4", members));
    }

    [Fact]
    public void Established_connections_never_meet_the_program()
    {
        IBackendSocket listener = Open("tcp4");
        IBackendSocket client = ConnectClient("tcp4");
        Assert.NotNull(Backend.WaitForArrival([listener], TimeSpan.FromSeconds(2)));
        IBackendSocket accepted = Keep(listener.TryAccept(out _)!);
        listener.AttachProgram(Load(TestPrograms.Return(0)));

        client.Send([1, 2, 3]);

        Assert.Same(accepted, Backend.WaitForArrival([accepted], TimeSpan.FromSeconds(2)));
        byte[] buffer = new byte[8];
        Assert.True(accepted.TryReceive(buffer, out int length, out _));
        Assert.Equal(3, length);
        Assert.Equal(Rejected, Arrival("tcp4", [listener]));
    }

    private static MapSpec Spec() => TestPrograms.Seats with { MaxEntries = Entries };

    private IBackendSocket Neighbour(string text, int port) => text.Split(' ') switch
    {
        [string kind, "port"] => Open(kind, World.NextPort()),
        [string kind, "closed" or "connected" or "shutdown"] => Open(kind, port),
        _ => Open(text, port),
    };

    private void Leave(IBackendSocket socket, string text)
    {
        if (text.EndsWith("closed", StringComparison.Ordinal))
        {
            socket.Dispose();
        }
        else if (text.EndsWith("connected", StringComparison.Ordinal))
        {
            socket.Connect(new IPEndPoint(World.ClientV4, 9));
        }
        else if (text.EndsWith("shutdown", StringComparison.Ordinal))
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
    }
}
