using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>Connections of a listener that stops: those that wait to be accepted, and those whose handshake is not over.</summary>
public abstract class MigrationContract<TWorld>(TWorld world) : HandshakeTest<TWorld>(world)
    where TWorld : World
{
    private const long Fault = -14;

    [Theory]
    [MemberData(nameof(MigrationCases.All), MemberType = typeof(MigrationCases))]
    public void Waiting_connections(string kind, string how, string program, bool sysctl, string expected, bool counted)
    {
        World.MigratesRequests = sysctl;
        IBackendSocket[] members = [.. OpenMany(kind, 4)];
        IBackendSocket other = Open(kind + " any");
        IBackendMap seats = CreateSeats([.. members, other]);
        using Recorder recorder = new(Backend, seats, migrates: program.StartsWith("migrate", StringComparison.Ordinal));
        recorder.Answer(1);
        recorder.AnswerMigrating(
            program switch { "migrate, no seat" => null, "migrate, empty seat" => 9, "migrate, other group" => 4, "migrate, own seat" => 1, _ => 3 },
            program switch { "migrate, drop" => 0ul, "migrate, 2" => 2ul, _ => 1ul });
        members[0].AttachProgram(recorder.Program);
        FlowKey[] flows = [.. Enumerable.Range(0, 6).Select(_ => NextFlow(kind))];
        IBackendSocket[] clients = [.. flows.Select(Connect)];
        AssertQueues(members, 0, 6, 0, 0);
        ulong stopped = members[1].Cookie;
        if (program == "none")
        {
            members[0].DetachProgram();
        }
        else if (program == "classic")
        {
            members[0].AttachClassicProgram(new Engine.Classic.ClassicProgram([new(0x06, 0, 0, 0)]));
        }

        recorder.Forget();
        (long success, long failure) = World.MigrationCounters;

        StopListening(members[1], how);

        IBackendSocket[] rest = [members[0], members[2], members[3]];
        bool asked = program.StartsWith("migrate", StringComparison.Ordinal);
        Assert.Equal(asked ? 6 : 0, recorder.Runs.Count);
        Assert.All(recorder.Runs, run => Assert.Equal((0u, 0u, 6u, 0u, stopped, Fault), (run.Length, run.EtherType, run.Protocol, run.Linear, run.Socket, (long)run.LoadResult)));
        Assert.Equal(recorder.Runs.Count, recorder.Runs.Select(run => run.Migrating).Distinct().Count());
        Assert.DoesNotContain(recorder.Runs, run => run.Migrating == 0);
        if (expected == "reset")
        {
            AssertQueues(rest, 0, 0, 0);
            Assert.All(clients, client => AssertState("reset", client));
        }
        else if (expected == "chosen")
        {
            // In the order in which they came.
            AssertQueues(rest, 0, 0, 6);
            Assert.Equal(recorder.Runs.Select(run => run.Migrating), Enumerable.Range(0, 6).Select(_ => Accept(members[3]).Cookie));
        }
        else
        {
            // The last of the group took the place of the one that left: 0, 3, 2.
            IBackendSocket[] byIndex = [members[0], members[3], members[2]];
            if (asked)
            {
                int[] counts = new int[3];
                foreach (RecordedRun run in recorder.Runs)
                {
                    counts[(int)(((ulong)run.Hash * 3) >> 32)]++;
                }

                AssertQueues(byIndex, counts);
            }
            else
            {
                Assert.True(Becomes(() => byIndex.Sum(member => Record(member).ReceiveQueue) == 6));
            }

            Assert.All(clients, client => AssertState("open", client));
        }

        bool succeeded = expected != "reset";
        (long Success, long Failure) after = World.MigrationCounters;
        Assert.Equal((counted && succeeded ? 6 : 0, counted && !succeeded ? 6 : 0), (after.Success - success, after.Failure - failure));
    }

    /// <summary>The heir takes what it is given, whether or not its queue has room for that.</summary>
    [Fact]
    public void The_queue_of_the_heir_may_overflow()
    {
        World.MigratesRequests = true;
        IBackendSocket stops = Open("tcp4");
        IBackendSocket heir = Bind("tcp4");
        heir.Listen(0);
        IBackendMap seats = CreateSeats([stops]);
        using Recorder recorder = new(Backend, seats);
        recorder.Answer(0);
        stops.AttachProgram(recorder.Program);
        IBackendSocket[] clients = [.. Enumerable.Range(0, 4).Select(_ => Connect(NextFlow("tcp4")))];
        AssertQueues([stops], 4);

        stops.Dispose();

        AssertQueues([heir], 4);
        Assert.All(clients, client => AssertState("open", client));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nobody_is_left(bool sysctl)
    {
        World.MigratesRequests = sysctl;
        IBackendSocket listener = Open("tcp4");
        IBackendSocket client = Connect(NextFlow("tcp4"));
        AssertQueues([listener], 1);
        (long success, long failure) = World.MigrationCounters;

        listener.Dispose();

        AssertState("reset", client);
        Assert.Equal((success, failure + (sysctl ? 1 : 0)), World.MigrationCounters);
    }

    /// <summary>
    /// A handshake that the listener defers is untouched when the listener stops, and moves with the data that would have ended it: the program sees
    /// that segment. If it does not move, the segment is looked up as any other, and nobody wants it.
    /// </summary>
    [Theory]
    [MemberData(nameof(MigrationCases.All), MemberType = typeof(MigrationCases))]
    public void Handshakes_that_are_not_over(string kind, string how, string program, bool sysctl, string expected, bool counted)
    {
        World.MigratesRequests = sysctl;
        IBackendSocket[] members = [.. Enumerable.Range(0, 4).Select(_ => Deferring(kind))];
        IBackendSocket other = Open(kind + " any");
        IBackendMap seats = CreateSeats([.. members, other]);
        using Recorder recorder = new(Backend, seats, migrates: program.StartsWith("migrate", StringComparison.Ordinal));
        recorder.Answer(1);
        recorder.AnswerMigrating(
            program switch { "migrate, no seat" => null, "migrate, empty seat" => 9, "migrate, other group" => 4, "migrate, own seat" => 1, _ => 3 },
            program switch { "migrate, drop" => 0ul, "migrate, 2" => 2ul, _ => 1ul });
        members[0].AttachProgram(recorder.Program);
        IBackendSocket client = Connect(NextFlow(kind));
        AssertQueues(members, 0, 0, 0, 0);
        _ = Assert.Single(recorder.Runs);
        ulong stopped = members[1].Cookie;
        if (program == "none")
        {
            members[0].DetachProgram();
        }
        else if (program == "classic")
        {
            members[0].AttachClassicProgram(new Engine.Classic.ClassicProgram([new(0x06, 0, 0, 0)]));
        }

        recorder.Forget();
        recorder.Answer(2);
        (long success, long failure) = World.MigrationCounters;
        StopListening(members[1], how);
        Assert.Empty(recorder.Runs);
        Assert.Equal((success, failure), World.MigrationCounters);

        client.Send([1, 2, 3, 4, 5]);

        IBackendSocket[] byIndex = [members[0], members[3], members[2]];
        bool asked = program.StartsWith("migrate", StringComparison.Ordinal);
        if (expected == "reset")
        {
            AssertState("reset", client);
            AssertQueues(byIndex, 0, 0, 0);
            ulong[] sockets = [.. recorder.Runs.Select(run => run.Migrating)];
            Assert.Equal((asked ? 1 : 0) + (program is "none" or "classic" ? 0 : 1), sockets.Length);
            Assert.True(sockets.Length == 0 || sockets[^1] == 0);
        }
        else
        {
            Assert.True(Becomes(() => byIndex.Sum(member => Record(member).ReceiveQueue) == 1));
            if (expected == "chosen")
            {
                AssertQueues(byIndex, 0, 1, 0);
                AssertState("0102030405", Accept(members[3]));
            }
            else if (asked)
            {
                RecordedRun run = Assert.Single(recorder.Runs);
                AssertQueues([byIndex[(int)(((ulong)run.Hash * 3) >> 32)]], 1);
            }

            AssertState("open", client);
        }

        if (asked)
        {
            // 20 bytes of header, 12 of time stamps, 5 of data, which are not in the linear part of what loopback brings.
            RecordedRun run = recorder.Runs[0];
            Assert.Equal((37u, 6u, stopped), (run.Length, run.Protocol, run.Socket));
            Assert.NotEqual(0ul, run.Migrating);
            Assert.Equal(RawSegment.Ack | 8, run.TcpFlags);
        }

        bool succeeded = expected != "reset";
        (long Success, long Failure) after = World.MigrationCounters;
        Assert.Equal((counted && succeeded ? 1 : 0, counted && !succeeded ? 1 : 0), (after.Success - success, after.Failure - failure));
    }

    /// <summary>A listener that listens again gets the handshakes that it began.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_listener_that_is_back_in_time(bool sysctl)
    {
        World.MigratesRequests = sysctl;
        IBackendSocket listener = Deferring("tcp4");
        IBackendSocket client = Connect(NextFlow("tcp4"));
        StopListening(listener, "shutdown");
        listener.Listen(16);

        client.Send([7]);

        AssertState("07", Accept(listener));
        AssertState("open", client);
    }

    private IBackendSocket Deferring(string kind)
    {
        IBackendSocket listener = Create(kind);
        listener.SetOption(SocketOption.DeferAccept, 30);
        listener.Bind(SocketText.Parse(kind).EndPoint(World, Port));
        listener.Listen(128);
        return listener;
    }
}
