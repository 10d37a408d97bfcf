using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Sockets;

namespace ReuseportPS.Linux.Tests;

/// <summary>Which sockets a host has, and who serves them.</summary>
public sealed class SurveyTests : LinuxTest
{
    /// <summary>Master and workers all hold all listeners; each worker watches its own.</summary>
    [Fact]
    public void Each_listener_of_nginx_has_the_worker_that_watches_it()
    {
        const int Workers = 3;
        using ChildServer nginx = ChildServer.StartNginx(Namespace, Workers);
        ImmutableArray<SurveyedSocket> sockets = [];
        Assert.True(
            SpinWait.SpinUntil(
                () => (sockets = Survey(TransportProtocol.Tcp, ChildServer.Port)) is { Length: Workers }
                    && sockets.All(socket => socket.Record.Owners.Length == Workers + 1 && socket.Workers is [{ Evidence: WorkerEvidence.Epoll }]),
                TimeSpan.FromSeconds(20)),
            string.Join("; ", sockets.Select(socket => $"{socket.Record.Inode}: {string.Join(", ", socket.Workers)}")));
        Assert.All(sockets, socket =>
        {
            Assert.True(socket.ReusePort);
            Assert.Equal(Namespace.Id, socket.Record.NetworkNamespace);
            Assert.Equal(Workers + 1, socket.Record.Owners.Length);
            SocketWorker worker = socket.Workers[0];
            Assert.Equal((WorkerEvidence.Epoll, "nginx"), (worker.Evidence, worker.Command));
            Assert.NotEqual(nginx.ProcessId, worker.ProcessId);
        });
        Assert.Equal(Workers, sockets.Select(socket => socket.Workers[0].ProcessId).Distinct().Count());

        // What the kernel does agrees: a connection that a listener's worker answers came to that listener.
        ulong[] order = [.. Backend.MemberOrder(sockets[0].Record)!];
        Assert.Equal(order.Order(), sockets.Select(socket => socket.Record.Cookie).Order());
    }

    [Fact]
    public void Threads_of_one_process_are_told_apart()
    {
        const string Script = """
            import select, socket, sys, threading, time
            def serve(kind):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, 15, 1); s.bind(("127.0.0.1", 18080))
                if kind == "epoll":
                    e = select.epoll(); e.register(s.fileno(), select.EPOLLIN)
                    while True: e.poll()
                elif kind == "blocking":
                    while True: s.recvfrom(100)
                else:
                    while True: select.select([s], [], [])
            for kind in ["epoll", "epoll", "blocking", "select"]:
                threading.Thread(target=serve, args=[kind], daemon=True).start()
            time.sleep(0.3)
            print("ready", flush=True)
            time.sleep(600)
            """;
        using ChildServer python = ChildServer.StartPython(Namespace, Script);
        ImmutableArray<SurveyedSocket> sockets = Survey(TransportProtocol.Udp, ChildServer.Port);
        Assert.Equal(4, sockets.Length);
        Assert.Equal(3, sockets.Count(socket => socket.Workers.Length == 1));
        SocketWorker[] workers = [.. sockets.SelectMany(socket => socket.Workers)];
        Assert.Equal([WorkerEvidence.Epoll, WorkerEvidence.Epoll, WorkerEvidence.Call], workers.Select(worker => worker.Evidence).Order());
        Assert.Equal(3, workers.Select(worker => worker.ThreadId).Distinct().Count());
        Assert.All(workers, worker => Assert.Equal(python.ProcessId, worker.ProcessId));
        Assert.All(workers, worker => Assert.NotEqual(python.ProcessId, worker.ThreadId));
    }

    [Fact]
    public void Every_namespace_is_looked_into_from_outside()
    {
        using ChildServer python = ChildServer.StartPython(Namespace, listeners: 2);
        LinuxSocket plain = Member(TransportProtocol.Tcp, "127.0.0.1:9001", reusePort: false);
        SocketSurvey survey = Backend.Survey(new SocketQuery(Port: ChildServer.Port));
        SurveyedSocket[] found = [.. survey.Sockets.Where(socket => socket.Record.NetworkNamespace == Namespace.Id)];
        Assert.Equal(4, found.Length);
        Assert.All(found, socket => Assert.NotEqual(0UL, socket.Record.Cookie));
        Assert.All(found, socket => Assert.Equal(WorkerEvidence.OnlyHolder, Assert.Single(socket.Workers).Evidence));

        // Even from root a process with other capabilities may hide.
        Assert.All(survey.Hidden, hidden => Assert.Matches(@"^Process(es)? \d+ \(.+\).* network namespace, so there may be", hidden));

        // In a namespace without a process of its own; and SO_REUSEPORT is asked, not guessed.
        SurveyedSocket alone = Assert.Single(Survey(TransportProtocol.Tcp, 9001));
        Assert.Equal((plain.Cookie, false), (alone.Record.Cookie, alone.ReusePort));
    }

    [Fact]
    public void An_MPTCP_listener_is_told()
    {
        LinuxSocket listener = ForeignSocket(domain: 2, type: 1, protocol: 262);
        listener.Bind(IPEndPoint.Parse("127.0.0.1:9000"));
        listener.Listen(8);
        SurveyedSocket found = Assert.Single(Survey(TransportProtocol.Tcp, 9000));
        Assert.True(found.IsMptcp);
        Assert.Null(found.ReusePort);
    }

    [Theory]
    [InlineData("232 0x5 0x7ffd 0x10 0xffffffff 0x0 0x0 0x7ffd 0x7f12", 5, true)]
    [InlineData("232 0x6 0x7ffd 0x10 0xffffffff 0x0 0x0 0x7ffd 0x7f12", 5, false)]
    [InlineData("281 0x5 0x7ffd", 5, true)]
    [InlineData("441 0x5 0x7ffd", 5, true)]
    [InlineData("202 0x5 0x7ffd", 5, false)]
    [InlineData("running", 5, null)]
    [InlineData("-1 0x7ffd 0x7f12", 5, null)]
    [InlineData("", 5, null)]
    [InlineData("232", 5, null)]
    [InlineData("232 zz", 5, null)]
    public void A_thread_shows_where_it_waits(string text, int epoll, bool? waits)
    {
        Assert.SkipUnless(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "Numbers of system calls are those of x86-64.");
        Assert.Equal(waits, ThreadCall.Read(text)?.WaitsAt(epoll));
    }

    [Fact]
    public void An_epoll_instance_shows_what_it_watches()
    {
        string[] lines =
        [
            "pos:\t0", "flags:\t02", "mnt_id:\t16", "ino:\t1060",
            "tfd:        6 events:       19 data: 5600000000000006  pos:0 ino:7e31 sdev:9",
            "tfd:       11 events: 2001 data: b  pos:0 ino:1 sdev:8000f",
            "tfd: 7 events: 19 data: 7 pos:0 ino:xyz sdev:9", "tfd:", "tfd: ino: sdev:",
        ];
        Assert.Equal([(0x7e31UL, 9UL), (1UL, 0x8000fUL)], EpollTargets.Read(lines));
    }

    private ImmutableArray<SurveyedSocket> Survey(TransportProtocol protocol, int port) =>
        Backend.Survey(new SocketQuery(protocol, port, Namespace: Namespace)).Sockets;
}
