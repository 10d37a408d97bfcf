using System.Net.Sockets;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Contract;

/// <summary>The timer of a request: after a second, and then two more, the SYN-ACK goes out again, or the request moves to another listener.</summary>
public abstract class TimerContract<TWorld>(TWorld world) : HandshakeTest<TWorld>(world)
    where TWorld : World
{
    private static readonly TimeSpan s_beforeFirst = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_pastFirst = TimeSpan.FromMilliseconds(900);

    /// <summary>A handshake whose time to wait for data is over is accepted without any.</summary>
    [Fact]
    public void A_client_that_sends_nothing_is_accepted_in_the_end()
    {
        IBackendSocket listener = Deferring(1);
        IBackendSocket client = Connect(NextFlow("tcp4"));
        Backend.LetTimePass(s_beforeFirst);
        AssertQueues([listener], 0);

        Backend.LetTimePass(s_pastFirst);

        AssertQueues([listener], 1);
        AssertState("open", Accept(listener));
        AssertState("open", client);
    }

    /// <summary>The program is asked when the timer finds that the listener stopped; what it answers is what becomes of the request.</summary>
    [Theory]
    [InlineData("chosen", 1, 0)]
    [InlineData("hash", 1, 0)]
    [InlineData("drop", 0, 1)]
    [InlineData("nobody", 0, 1)]
    public void The_listener_of_a_request_stopped(string answer, int successes, int failures)
    {
        IBackendSocket[] listeners = [Deferring(30), Deferring(30), Deferring(30)];
        IBackendMap seats = CreateSeats(listeners);
        Recorder recorder = Keep(new Recorder(Backend, seats, migrates: true));
        recorder.Answer(0);
        recorder.AnswerMigrating(answer == "chosen" ? 2u : null, answer == "drop" ? 0ul : 1ul);
        listeners[0].AttachProgram(recorder.Program);
        (long success, long failure) = World.MigrationCounters;
        IBackendSocket client = Connect(NextFlow("tcp4"));
        listeners[0].Shutdown(SocketShutdown.Receive);
        if (answer == "nobody")
        {
            listeners[1].Dispose();
            listeners[2].Dispose();
        }

        Backend.LetTimePass(s_beforeFirst);
        Assert.Equal((success, failure), World.MigrationCounters);
        _ = Assert.Single(recorder.Runs);

        Backend.LetTimePass(s_pastFirst);

        Assert.Equal((success + successes, failure + failures), World.MigrationCounters);
        Assert.Equal(answer == "nobody" ? 1 : 2, recorder.Runs.Count);
        if (answer != "nobody")
        {
            RecordedRun run = recorder.Runs[1];
            Assert.Equal((0u, 0u, true), (run.Length, run.Linear, run.Migrating != 0));
        }

        client.Send([1]);
        if (answer == "chosen")
        {
            AssertQueues(listeners[1..], 0, 1);
        }
        else if (answer == "hash")
        {
            Assert.NotNull(Backend.WaitForArrival(listeners[1..], Patience));
        }
        else
        {
            AssertState("reset", client);
        }
    }

    private IBackendSocket Deferring(int seconds)
    {
        IBackendSocket listener = Create("tcp4");
        listener.SetOption(SocketOption.DeferAccept, seconds);
        listener.Bind(SocketText.Parse("tcp4").EndPoint(World, Port));
        listener.Listen(8);
        return listener;
    }
}
