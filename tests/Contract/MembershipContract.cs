using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>The kernel group: who is in it, in which order, and how one leaves. The order is seen twice: by asking, and by a program that returns an index.</summary>
public abstract class MembershipContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    /// <summary>
    /// Steps, each a sign and the letters of the sockets: <c>+</c> bind (and listen), <c>-</c> close, <c>b</c> bind only, <c>l</c> listen,
    /// <c>r</c> shutdown for reading, <c>w</c> for writing, <c>x</c> for both, <c>c</c> UDP connect to the client, <c>e</c> to somebody else,
    /// <c>d</c> disconnect, <c>o</c> SO_REUSEPORT off.
    /// </summary>
    [Theory]
    [InlineData("udp4", "+ABCDEF", "ABCDEF")]
    [InlineData("udp6", "+ABCDEF", "ABCDEF")]
    [InlineData("tcp4", "+ABCDEF", "ABCDEF")]
    [InlineData("tcp6", "+ABCDEF", "ABCDEF")]
    [InlineData("udp4", "+ABCDEF -B", "AFCDE")]
    [InlineData("udp4", "+ABCDEF -BE", "AFCD")]
    [InlineData("udp4", "+ABCDEF -BEA", "DFC")]
    [InlineData("udp4", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("udp4", "+ABCDEF -BEA +G -G", "DFC")]
    [InlineData("udp6", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("tcp4", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("tcp6", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("udp4", "+ABC -C", "AB")]
    [InlineData("udp4 any", "+ABCD -A", "DBC")]
    [InlineData("tcp6 any", "+ABCD -A", "DBC")]
    [InlineData("tcp4", "bABCD lDBAC", "DBAC")]
    [InlineData("tcp6", "bABCD lDBAC", "DBAC")]
    [InlineData("tcp4", "bABCD lBD", "BD")]
    [InlineData("tcp4", "+ABCD rB", "ADC")]
    [InlineData("tcp6", "+ABCD rB", "ADC")]
    [InlineData("tcp4", "+ABCD xA", "DBC")]
    [InlineData("tcp4", "+ABCD wB", "ABCD")]
    [InlineData("tcp4", "+ABCD rB lB", "ADCB")]
    [InlineData("tcp4", "+ABCD lB", "ABCD")]
    [InlineData("tcp4", "+ABCD rB -B", "ADC")]
    [InlineData("udp4", "+ABCD cB", "ADC")]
    [InlineData("udp6", "+ABCD cB", "ADC")]
    [InlineData("udp4", "+ABCD cB dB", "ADC")]
    [InlineData("udp6", "+ABCD cB dB", "ADC")]
    [InlineData("udp4 any", "+ABCD cB", "ADC")]
    [InlineData("udp4", "+ABCD dB", "ABCD")]
    [InlineData("udp4", "+ABCD cB -B", "ADC")]
    [InlineData("udp4", "+ABCD cB -B +E", "ADCE")]
    [InlineData("udp4", "+ABCD oB", "ABCD")]
    [InlineData("tcp4", "+ABCD oC", "ABCD")]
    public void Order(string kind, string steps, string expected)
    {
        Dictionary<char, IBackendSocket> sockets = Play(kind, steps);
        IBackendSocket[] members = [.. expected.Select(letter => sockets[letter])];

        IReadOnlyList<ulong>? order = Backend.MemberOrder(Record(members[0]));

        Assert.SkipWhen(order is null, "The order of the members cannot be seen here: no iterator program may be loaded.");
        Assert.Equal(expected, string.Concat(order.Select(cookie => sockets.Single(socket => socket.Value.Cookie == cookie).Key)));
    }

    [Theory]
    [InlineData("udp4", "+ABCDEF", "ABCDEF")]
    [InlineData("udp6", "+ABCDEF", "ABCDEF")]
    [InlineData("udp4", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("udp6", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("tcp4", "bABCD lDBAC", "DBAC")]
    [InlineData("tcp6", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("tcp4", "+ABCD rB lB", "ADCB")]
    [InlineData("udp6", "+ABCD cB -B +E", "ADCE")]
    public void A_returned_index_selects_in_that_order(string kind, string steps, string expected)
    {
        Dictionary<char, IBackendSocket> sockets = Play(kind, steps);
        IBackendSocket[] members = [.. expected.Select(letter => sockets[letter])];

        for (int index = 0; index < members.Length; index++)
        {
            members[^1].AttachProgram(Load(TestPrograms.Return((ulong)index, ProgramType.SocketFilter)));
            Assert.Equal(Slot(index), Arrival(kind, members));
        }

        // Out of range: the hash decides, and somebody gets it.
        members[0].AttachProgram(Load(TestPrograms.Return((ulong)members.Length, ProgramType.SocketFilter)));
        Assert.Equal(ArrivalKind.Slot, Arrival(kind, members).Kind);
    }

    [Theory]
    [InlineData("udp4", "+ABCDEF", "ABCDEF")]
    [InlineData("udp6", "+ABCDEF", "ABCDEF")]
    [InlineData("udp4", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("udp6", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("tcp4", "bABCD lDBAC", "DBAC")]
    [InlineData("tcp6", "+ABCDEF -BEA +G", "DFCG")]
    [InlineData("tcp4", "+ABCD rB lB", "ADCB")]
    [InlineData("udp6", "+ABCD cB -B +E", "ADCE")]
    public void The_hash_selects_in_that_order(string kind, string steps, string expected)
    {
        Dictionary<char, IBackendSocket> sockets = Play(kind, steps);
        IBackendSocket[] members = [.. expected.Select(letter => sockets[letter])];
        ProgramSpec record = TestPrograms.RecordContext();
        IBackendMap results = CreateMap(record.Maps[0]);
        members[0].AttachProgram(Load(record, results));

        for (int flow = 0; flow < 24; flow++)
        {
            int slot = Arrival(kind, members).Slot;
            Assert.Equal(slot, (int)(((ulong)BitConverter.ToUInt32(results.Lookup(Key(0))!, 16) * (ulong)members.Length) >> 32));
        }
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void Without_a_program_the_hash_spreads_and_is_stable(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 4)];
        FlowKey[] flows = [.. Enumerable.Range(0, 64).Select(_ => Flow(kind))];

        int[] first = [.. flows.Select(flow => Arrival(flow, members).Slot)];

        Assert.DoesNotContain(-1, first);
        Assert.True(first.Distinct().Count() > 1, "64 flows all reached one of four members.");
        Assert.Equal(first, flows.Select(flow => Arrival(flow, members).Slot));
    }

    /// <summary>
    /// A socket that was connected and is not any more has no group, but is still found; so is a member whose SO_REUSEPORT was cleared.
    /// Who is reached then, over many flows from one client. (An IPv6 socket remembers the address it was connected to, and prefers it.)
    /// </summary>
    [Theory]
    [InlineData("udp4", "+ABC", "ABC")]
    [InlineData("udp4", "+ABC cB dB", "AC")]
    [InlineData("udp4", "+ABC cC dC", "C")]
    [InlineData("udp4 any", "+ABC cA dA", "A")]
    [InlineData("udp4 any", "+ABC cA dA +D", "BCD")]
    [InlineData("udp4 any", "+ABC cC dC +D", "CD")]
    [InlineData("udp4", "+ABC cC dC +D", "CD")]
    [InlineData("udp6", "+ABC cC dC", "C")]
    [InlineData("udp6", "+ABC cA dA", "A")]
    [InlineData("udp6", "+ABC eA dA", "BC")]
    [InlineData("udp6", "+ABC eC dC", "AB")]
    [InlineData("udp4", "+ABC oA", "ABC")]
    [InlineData("udp4", "+ABC oC", "C")]
    [InlineData("udp6", "+ABC oA", "A")]
    [InlineData("udp6", "+ABC oC", "ABC")]
    [InlineData("tcp4", "+ABC oC", "C")]
    [InlineData("tcp4", "+ABC oA", "ABC")]
    [InlineData("tcp6", "+ABC oA", "A")]
    public void Outsiders(string kind, string steps, string expected)
    {
        Dictionary<char, IBackendSocket> sockets = Play(kind, steps);
        char[] letters = [.. sockets.Keys.Order()];
        IBackendSocket[] all = [.. letters.Select(letter => sockets[letter])];

        string reached = string.Concat(Enumerable.Range(0, 48).Select(_ => letters[Arrival(Flow(kind), all).Slot]).Distinct().Order());

        Assert.Equal(expected, reached);
    }

    [Fact]
    public void A_later_socket_that_meets_an_outsider_first_makes_another_group()
    {
        Dictionary<char, IBackendSocket> sockets = Play("udp4", "+ABC cC dC");
        sockets['A'].AttachProgram(Load(TestPrograms.Return(0)));
        IBackendSocket late = Open("udp4");

        // It joined the outsider, not the group with the program.
        Assert.Equal(Errno.ENOENT, Refusal(late.DetachProgram));
        Assert.Equal(Errno.ENOENT, Refusal(sockets['C'].DetachProgram));
        Assert.Equal(ArrivalKind.Slot, Arrival("udp4", [late, sockets['C']]).Kind);
        Assert.Equal(Errno.None, Refusal(sockets['B'].DetachProgram));
    }

    [Fact]
    public void A_connected_socket_gets_its_peer_without_the_program()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        FlowKey flow = World.NextFlow(TransportProtocol.Udp, IpFamily.V4, Port);
        _ = AttachSelection(members[0], CreateSeats([members[0]]), 0);
        Assert.Equal(Slot(0), Arrival(flow, members));

        members[1].Connect(flow.SourceEndPoint);

        Assert.Equal(Slot(1), Arrival(flow, members));
        Assert.Equal(Slot(0), Arrival("udp4", members));
    }

    [Fact]
    public void A_handle_keeps_a_socket_in_its_group()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        IBackendSocket copy = Keep(Backend.AcquireSocket(Owned(members[0])));
        Assert.Equal(members[0].Cookie, copy.Cookie);
        IBackendMap seats = CreateSeats(members);
        members[0].Dispose();
        Assert.NotNull(seats.Lookup(Key(0)));

        copy.Dispose();

        Assert.Null(seats.Lookup(Key(0)));
        Assert.Equal(Slot(0), Arrival("udp4", [members[1]]));
    }

    private FlowArrival Arrival(string kind, IReadOnlyList<IBackendSocket> sockets) => Arrival(Flow(kind), sockets);

    private SocketRecord Owned(IBackendSocket socket) => Assert.Single(
        Backend.FindSockets(new SocketQuery(socket.Protocol, Cookie: socket.Cookie, Namespace: World.Servers)));

    private Dictionary<char, IBackendSocket> Play(string kind, string steps)
    {
        Dictionary<char, IBackendSocket> sockets = [];
        foreach (string step in steps.Split(' '))
        {
            foreach (char letter in step[1..])
            {
                switch (step[0])
                {
                    case '+':
                        sockets[letter] = Open(kind);
                        break;
                    case 'b':
                        sockets[letter] = Bind(kind);
                        break;
                    case '-':
                        sockets.Remove(letter, out IBackendSocket? closed);
                        closed!.Dispose();
                        break;
                    default:
                        Change(sockets[letter], step[0]);
                        break;
                }
            }
        }

        return sockets;
    }

    private void Change(IBackendSocket socket, char step)
    {
        switch (step)
        {
            case 'l':
                socket.Listen(16);
                break;
            case 'r':
                socket.Shutdown(SocketShutdown.Receive);
                break;
            case 'w':
                socket.Shutdown(SocketShutdown.Send);
                break;
            case 'x':
                socket.Shutdown(SocketShutdown.Both);
                break;
            case 'c':
                socket.Connect(new IPEndPoint(socket.Family == IpFamily.V4 ? World.ClientV4 : World.ClientV6, 9));
                break;
            case 'e':
                socket.Connect(new IPEndPoint(socket.Family == IpFamily.V4 ? World.ServerV4 : World.ServerV6, 9));
                break;
            case 'd':
                socket.Disconnect();
                break;
            case 'o':
                socket.SetOption(SocketOption.ReusePort, 0);
                break;
            default:
                throw new ArgumentException($"'{step}' is no step.");
        }
    }
}
