using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>Which segments reach the lookup of listeners, and so a program: SYN, stray ones, the ACK after a SYN cookie, a SYN that meets TIME_WAIT.</summary>
public abstract class HandshakeContract<TWorld>(TWorld world) : HandshakeTest<TWorld>(world)
    where TWorld : World
{
    private const uint SynLength = 40;
    private const uint AckLength = 32; // with time stamps

    [Theory]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    [InlineData("tcp4 any")]
    public void One_run_for_a_connection(string kind)
    {
        (IBackendSocket[] members, Recorder recorder) = Recorded(kind);
        IBackendSocket client = Connect(NextFlow(kind));
        IBackendSocket accepted = Accept(members[1]);
        client.Send([1]);
        AssertState("01", accepted);
        accepted.Send([2]);
        AssertState("02", client);
        client.Dispose();
        AssertState("ended", accepted);

        RecordedRun run = Assert.Single(recorder.Runs);
        Assert.Equal((SynLength, RawSegment.Syn), (run.Length, run.TcpFlags));
    }

    /// <summary>Segments that belong to no connection: each is one run, with what came, whatever its flags.</summary>
    [Theory]
    [InlineData("tcp4", RawSegment.Syn)]
    [InlineData("tcp4", RawSegment.Ack)]
    [InlineData("tcp4", RawSegment.Reset)]
    [InlineData("tcp4", RawSegment.Reset | RawSegment.Ack)]
    [InlineData("tcp4", RawSegment.Fin)]
    [InlineData("tcp4", RawSegment.Fin | RawSegment.Ack)]
    [InlineData("tcp4", RawSegment.Syn | RawSegment.Ack)]
    [InlineData("tcp4", RawSegment.Syn | RawSegment.Fin)]
    [InlineData("tcp4", 0)]
    [InlineData("tcp6", RawSegment.Syn)]
    [InlineData("tcp6", RawSegment.Ack)]
    [InlineData("tcp6", RawSegment.Reset)]
    [InlineData("tcp6", RawSegment.Fin)]
    [InlineData("tcp6", RawSegment.Syn | RawSegment.Ack)]
    public void Stray_segments(string kind, byte flags)
    {
        (IBackendSocket[] members, Recorder recorder) = Recorded(kind);
        FlowKey flow = NextFlow(kind);

        World.Inject(RawSegment.Build(flow, flags));

        Assert.True(Becomes(() => recorder.Runs.Count > 0));
        RecordedRun run = Assert.Single(recorder.Runs);
        Assert.Equal((20u, 20u, flags, 1000u), (run.Length, run.Linear, run.TcpFlags, run.Sequence));
        AssertQueues(members, 0, 0, 0);

        // The hash is of the flow, not of the segment.
        recorder.Forget();
        World.Inject(RawSegment.Build(flow, RawSegment.Ack));
        Assert.True(Becomes(() => recorder.Runs.Count > 0));
        Assert.Equal(run.Hash, recorder.Runs[0].Hash);
    }

    /// <summary>With SYN cookies nothing is kept of a SYN: the ACK is looked up again, and who gets it owns the connection.</summary>
    [Theory]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    [InlineData("tcp4 any")]
    [InlineData("tcp6 any")]
    public void The_listener_of_the_ACK_owns_a_connection_by_cookie(string kind)
    {
        World.SynCookies = 2;
        (IBackendSocket[] members, Recorder recorder) = Recorded(kind);

        IBackendSocket client = Connect(NextFlow(kind));

        AssertQueues(members, 0, 1, 0);
        Assert.Equal([(SynLength, RawSegment.Syn), (AckLength, RawSegment.Ack)], recorder.Runs.Select(run => (run.Length, run.TcpFlags)));
        Assert.Single(recorder.Runs.Select(run => run.Hash).Distinct());
        IBackendSocket accepted = Accept(members[1]);
        client.Send([5]);
        AssertState("05", accepted);
        Assert.Equal(2, recorder.Runs.Count);
    }

    /// <summary>Seats that alternate: the SYN goes to one listener, the ACK to another.</summary>
    [Fact]
    public void SYN_and_ACK_may_be_decided_differently()
    {
        World.SynCookies = 2;
        IBackendSocket[] members = [.. OpenMany("tcp4", 2)];
        IBackendMap seats = CreateSeats(members);
        members[0].AttachProgram(Load(HandshakePrograms.SelectByFlags(seats.Spec, synSeat: 0, otherSeat: 1), seats));

        IBackendSocket client = Connect(NextFlow("tcp4"));

        AssertQueues(members, 0, 1);
        AssertState("open", client);
    }

    /// <summary>A program that drops the ACK resets what the client takes for a connection.</summary>
    [Fact]
    public void An_ACK_that_is_dropped_resets_the_client()
    {
        World.SynCookies = 2;
        IBackendSocket[] members = [.. OpenMany("tcp4", 2)];
        IBackendMap seats = CreateSeats(members);
        members[0].AttachProgram(Load(HandshakePrograms.SelectByFlags(seats.Spec, synSeat: 0, otherSeat: null), seats));
        IBackendSocket client = Client(NextFlow("tcp4"));

        Errno connect = Refusal(() => client.Connect(new(World.ServerV4, Port)));

        Assert.True(connect == Errno.ECONNRESET || (connect == Errno.None && StateOf(client, Patience) == "reset"), $"connect: {connect}");
        AssertQueues(members, 0, 0);
    }

    /// <summary>A SYN that meets TIME_WAIT is looked up like a first one.</summary>
    [Theory]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void A_SYN_that_meets_TIME_WAIT_is_decided_anew(string kind)
    {
        (IBackendSocket[] members, Recorder recorder) = Recorded(kind);
        FlowKey flow = NextFlow(kind);
        End(Connect(flow), Accept(members[1]));
        recorder.Forget();
        recorder.Answer(2);

        IBackendSocket again = Connect(flow);

        Assert.Equal(RawSegment.Syn, Assert.Single(recorder.Runs).TcpFlags);
        AssertQueues(members, 0, 0, 1);
        AssertState("open", again);
    }

    /// <summary>SYN cookies are not asked for a SYN that meets TIME_WAIT: the number to answer with comes from the connection before.</summary>
    [Fact]
    public void A_SYN_that_meets_TIME_WAIT_gets_no_cookie()
    {
        (IBackendSocket[] members, Recorder recorder) = Recorded("tcp4");
        FlowKey flow = NextFlow("tcp4");
        End(Connect(flow), Accept(members[1]));
        recorder.Forget();
        World.SynCookies = 2;

        _ = Connect(flow);

        _ = Assert.Single(recorder.Runs);
        AssertQueues(members, 0, 1, 0);
    }

    /// <summary>The offset from the next sequence number that TIME_WAIT expects: only a SYN after it is a new connection. Other segments are never looked up.</summary>
    [Theory]
    [InlineData(RawSegment.Syn, 1, 1)]
    [InlineData(RawSegment.Syn, 100000, 1)]
    [InlineData(RawSegment.Syn, 0, 0)]
    [InlineData(RawSegment.Syn, -1, 0)]
    [InlineData(RawSegment.Syn | RawSegment.Ack, 1, 0)]
    [InlineData(RawSegment.Ack, 1, 0)]
    [InlineData(RawSegment.Fin | RawSegment.Ack, 1, 0)]
    public void Segments_that_meet_TIME_WAIT(byte flags, int offset, int runs)
    {
        (IBackendSocket[] members, Recorder recorder) = Recorded("tcp4");
        FlowKey flow = NextFlow("tcp4");
        IBackendSocket client = Connect(flow);
        uint initial = Assert.Single(recorder.Runs).Sequence;
        client.Send([1, 2, 3]);
        IBackendSocket accepted = Accept(members[1]);
        AssertState("010203", accepted);
        End(client, accepted);
        recorder.Forget();

        // SYN, three bytes, FIN.
        World.Inject(RawSegment.Build(flow, flags, unchecked(initial + 5 + (uint)offset)));

        _ = Becomes(() => recorder.Runs.Count > 0);
        Assert.Equal(runs, recorder.Runs.Count);
    }

    /// <summary>The one who closes first is in TIME_WAIT. Where that is the client, the server has nothing left of the connection.</summary>
    [Fact]
    public void A_connection_that_the_client_closed_leaves_nothing()
    {
        (IBackendSocket[] members, Recorder recorder) = Recorded("tcp4");
        FlowKey flow = NextFlow("tcp4");
        IBackendSocket client = Connect(flow);
        IBackendSocket accepted = Accept(members[1]);
        client.Dispose();
        AssertState("ended", accepted);
        accepted.Dispose();
        recorder.Forget();

        World.Inject(RawSegment.Build(flow, RawSegment.Ack));

        Assert.True(Becomes(() => recorder.Runs.Count > 0));
        _ = Assert.Single(recorder.Runs);
    }

    /// <summary>TIME_WAIT on the port of a server keeps those from it who do not share.</summary>
    [Theory]
    [InlineData("tcp4", "tcp4", Errno.None)]
    [InlineData("tcp4", "tcp4 -reuseport", Errno.EADDRINUSE)]
    [InlineData("tcp4", "tcp4 -reuseport reuseaddr", Errno.EADDRINUSE)]
    [InlineData("tcp4 reuseaddr", "tcp4 -reuseport reuseaddr", Errno.None)]
    [InlineData("tcp4 -reuseport", "tcp4", Errno.EADDRINUSE)]
    [InlineData("tcp4", "tcp4 any", Errno.None)]
    [InlineData("tcp4", "tcp4 any -reuseport", Errno.EADDRINUSE)]
    [InlineData("tcp4", "tcp4 other -reuseport", Errno.None)]
    [InlineData("tcp4", "other user", Errno.None)]
    public void Binding_to_a_port_in_TIME_WAIT(string before, string after, Errno expected)
    {
        IBackendSocket listener = Open(before);
        End(Connect(NextFlow("tcp4")), Accept(listener));
        listener.Dispose();
        IBackendSocket next = after == "other user"
            ? Keep(World.CreateSocketAs(65534, new SocketSpec(TransportProtocol.Tcp, IpFamily.V4)))
            : Create(after);

        Assert.Equal(expected, Refusal(() => next.Bind(SocketText.Parse(after == "other user" ? "tcp4" : after).EndPoint(World, Port))));
        if (expected == Errno.None)
        {
            next.Listen(16);
            if (!after.Contains("other", StringComparison.Ordinal))
            {
                _ = Connect(NextFlow("tcp4"));
                AssertQueues([next], 1);
            }
        }
    }

    /// <summary>While a queue is full a SYN is dropped without an answer, whoever else has room.</summary>
    [Fact]
    public void A_full_queue_takes_no_SYN()
    {
        IBackendSocket small = Bind("tcp4");
        small.Listen(0);
        IBackendSocket large = Open("tcp4");
        IBackendMap seats = CreateSeats([small, large]);
        using Recorder recorder = new(Backend, seats);
        recorder.Answer(0);
        large.AttachProgram(recorder.Program);
        _ = Connect(NextFlow("tcp4"));
        AssertQueues([small, large], 1, 0);

        Assert.Equal(Errno.ETIMEDOUT, Refusal(() => Connect(NextFlow("tcp4"))));

        AssertQueues([small, large], 1, 0);
        Assert.InRange(recorder.Runs.Count, 3, 4);
    }

    /// <summary>Requests that wait for data fill a listener up to one more than its backlog; then a SYN gets a cookie, or none and no answer.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void Too_many_requests(int cookies)
    {
        World.SynCookies = cookies;
        IBackendSocket listener = Create("tcp4");
        listener.SetOption(SocketOption.DeferAccept, 30);
        listener.Bind(SocketText.Parse("tcp4").EndPoint(World, Port));
        listener.Listen(2);
        IBackendMap seats = CreateSeats([listener]);
        using Recorder recorder = new(Backend, seats);
        recorder.Answer(0);
        listener.AttachProgram(recorder.Program);
        for (int request = 0; request < 3; request++)
        {
            _ = Connect(NextFlow("tcp4"));
        }

        AssertQueues([listener], 0);
        Assert.Equal(3, recorder.Runs.Count);

        Errno fourth = Refusal(() => Connect(NextFlow("tcp4")));

        Assert.Equal(cookies == 0 ? Errno.ETIMEDOUT : Errno.None, fourth);
        AssertQueues([listener], cookies);
        Assert.Equal(cookies == 0 ? RawSegment.Syn : RawSegment.Ack, recorder.Runs[4].TcpFlags);
    }

    /// <summary>What ends the wait for data: data, the end of the client's stream. A reset ends the request.</summary>
    [Theory]
    [InlineData("data", 1)]
    [InlineData("close", 1)]
    [InlineData("shutdown", 1)]
    [InlineData("abort", 0)]
    public void A_deferred_handshake(string what, int waiting)
    {
        IBackendSocket listener = Create("tcp4");
        listener.SetOption(SocketOption.DeferAccept, 30);
        listener.Bind(SocketText.Parse("tcp4").EndPoint(World, Port));
        listener.Listen(8);
        FlowKey flow = NextFlow("tcp4");
        IBackendSocket client = Connect(flow);
        AssertQueues([listener], 0);

        switch (what)
        {
            case "data":
                client.Send([1, 2]);
                break;
            case "close":
                client.Dispose();
                break;
            case "shutdown":
                client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
                break;
            default:
                client.Abort();
                break;
        }

        AssertQueues([listener], waiting);
        if (waiting > 0)
        {
            AssertState(what == "data" ? "0102" : "ended", Accept(listener));
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 7)]
    [InlineData(30, 31)]
    [InlineData(31, 31)]
    [InlineData(32, 63)]
    [InlineData(200, 247)]
    [InlineData(-5, 0)]
    public void Deferring_reads_back_as_the_timer_counts(int seconds, int expected)
    {
        IBackendSocket socket = Create("tcp4");
        socket.SetOption(SocketOption.DeferAccept, seconds);

        Assert.Equal(expected, socket.GetOption(SocketOption.DeferAccept));
        Assert.Equal(Errno.ENOPROTOOPT, Refusal(() => Create("udp4").SetOption(SocketOption.DeferAccept, 1)));
    }

    private (IBackendSocket[] Members, Recorder Recorder) Recorded(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        IBackendMap seats = CreateSeats(members);
        Recorder recorder = Keep(new Recorder(Backend, seats));
        recorder.Answer(1);
        members[0].AttachProgram(recorder.Program);
        return (members, recorder);
    }

    /// <summary>Both close, the server first: the connection is in TIME_WAIT on the server's side.</summary>
    private void End(IBackendSocket client, IBackendSocket accepted)
    {
        accepted.Dispose();
        AssertState("ended", client);
        client.Dispose();
        Backend.WaitForReaders();
    }
}
