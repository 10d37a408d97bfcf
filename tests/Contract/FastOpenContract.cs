using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>TCP Fast Open without cookies: the data come with the SYN, and the connection is there before its handshake is done.</summary>
public abstract class FastOpenContract<TWorld>(TWorld world) : HandshakeTest<TWorld>(world)
    where TWorld : World
{
    private const int WithoutCookies = 0x207;
    private const uint SynLength = 40;

    /// <summary>Whether the listener does it, for how long it defers; the program sees the data with the SYN, and they arrive, in one way or another.</summary>
    [Theory]
    [InlineData("tcp4", 8, 0)]
    [InlineData("tcp6", 8, 0)]
    [InlineData("tcp4", 0, 0)]
    [InlineData("tcp4", 8, 30)]
    [InlineData("tcp4", 0, 30)]
    public void Data_come_with_the_SYN(string kind, int pending, int deferred)
    {
        Allow();
        (IBackendSocket[] listeners, Recorder recorder) = Listeners(kind, pending, deferred);

        IBackendSocket client = Open(NextFlow(kind));
        Assert.Empty(recorder.Runs);
        client.Send([1, 2, 3]);

        AssertQueues(listeners, 1, 0, 0);
        RecordedRun run = Assert.Single(recorder.Runs);
        Assert.Equal((SynLength + 3, SynLength, RawSegment.Syn), (run.Length, run.Linear, run.TcpFlags));
        AssertState("010203", Accept(listeners[0]));
    }

    /// <summary>The connection waits at its listener, and migrates when that stops, like one whose handshake was done before.</summary>
    [Theory]
    [InlineData("tcp4", "close")]
    [InlineData("tcp4", "shutdown")]
    [InlineData("tcp6", "shutdown")]
    public void It_migrates(string kind, string how)
    {
        Allow();
        (IBackendSocket[] listeners, Recorder recorder) = Listeners(kind, pending: 8, deferred: 0);
        recorder.AnswerMigrating(2);
        IBackendSocket client = Open(NextFlow(kind));
        client.Send([1, 2, 3]);
        AssertQueues(listeners, 1, 0, 0);

        StopListening(listeners[0], how);

        AssertQueues(listeners[1..], 0, 1);
        Assert.Equal([false, true], recorder.Runs.Select(run => run.Migrating != 0));
        IBackendSocket accepted = Accept(listeners[2]);
        AssertState("010203", accepted);
        accepted.Send([4]);
        AssertState("04", client);
    }

    [Fact]
    public void Nobody_is_there()
    {
        Allow();
        IBackendSocket client = Open(NextFlow("tcp4"));

        client.Send([1]);

        Assert.NotNull(Backend.WaitForArrival([client], Patience));
        Assert.Equal(Errno.ECONNREFUSED, Refusal(() => client.TryReceive(new byte[1], out _, out _)));
    }

    [Fact]
    public void What_a_client_may_set()
    {
        World.Servers.SetSysctl("net.ipv4.tcp_fastopen", 2);
        Assert.Equal(Errno.EOPNOTSUPP, Refusal(() => Create("tcp4").SetOption(SocketOption.FastOpenConnect, 1)));
        World.Servers.SetSysctl("net.ipv4.tcp_fastopen", 1);
        Assert.Equal(Errno.EINVAL, Refusal(() => Create("tcp4").SetOption(SocketOption.FastOpenConnect, 2)));
        Assert.Equal(Errno.EINVAL, Refusal(() => Create("tcp4").SetOption(SocketOption.FastOpen, -1)));
        Assert.Equal(Errno.ENOPROTOOPT, Refusal(() => Create("udp4").SetOption(SocketOption.FastOpen, 1)));
        Assert.Equal(Errno.None, Refusal(() => Create("tcp4").SetOption(SocketOption.FastOpenConnect, 1)));
    }

    protected override void Dispose(bool disposing)
    {
        if (World.Unavailable is null)
        {
            World.Servers.SetSysctl("net.ipv4.tcp_fastopen", 1);
            World.Clients.SetSysctl("net.ipv4.tcp_fastopen", 1);
        }

        base.Dispose(disposing);
    }

    private void Allow()
    {
        World.Servers.SetSysctl("net.ipv4.tcp_fastopen", WithoutCookies);
        World.Clients.SetSysctl("net.ipv4.tcp_fastopen", WithoutCookies);
    }

    private (IBackendSocket[] Listeners, Recorder Recorder) Listeners(string kind, int pending, int deferred)
    {
        IBackendSocket[] listeners = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            IBackendSocket listener = Create(kind);
            listener.SetOption(SocketOption.FastOpen, pending);
            listener.SetOption(SocketOption.DeferAccept, deferred);
            listener.Bind(SocketText.Parse(kind).EndPoint(World, Port));
            listener.Listen(16);
            return listener;
        })];
        Recorder recorder = Keep(new Recorder(Backend, CreateSeats(listeners), migrates: true));
        recorder.Answer(0);
        listeners[0].AttachProgram(recorder.Program);
        return (listeners, recorder);
    }

    private IBackendSocket Open(FlowKey flow)
    {
        IBackendSocket client = Client(flow);
        client.SetOption(SocketOption.FastOpenConnect, 1);
        client.Connect(flow.DestinationEndPoint);
        return client;
    }
}
