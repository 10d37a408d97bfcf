using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>
/// Clients of one server. Each asks again and again, every time over a socket of its own from an address of 127.0.0.0/8 drawn at random, and never repeats a request; every failure
/// is kept. A client has at most one request under way.
/// </summary>
internal sealed class RequestLoad : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, long> _answers = new(StringComparer.Ordinal);
    private readonly List<RequestFailure> _failures = [];
    private readonly Client[] _clients;
    private readonly long _most;
    private long _begun;
    private long _answered;
    private volatile bool _stop;

    /// <summary>Starts the clients.</summary>
    /// <param name="place">The namespace of server and clients.</param>
    /// <param name="server">Whom they ask.</param>
    /// <param name="protocols">Over what; the clients take them in turn.</param>
    /// <param name="clients">How many.</param>
    /// <param name="seed">Of the addresses.</param>
    /// <param name="most">The number of requests after which the clients end.</param>
    public RequestLoad(LinuxNamespace place, SteeredServer server, ImmutableArray<TransportProtocol> protocols, int clients, int seed, long most = long.MaxValue)
    {
        _most = most;
        string home = place.Run(() => "/proc/" + new FileInfo("/proc/thread-self").LinkTarget + "/ns/net");
        _clients = [.. Enumerable.Range(0, clients).Select(index => new Client(this, server, protocols[index % protocols.Length], new Random(seed + index), home))];
    }

    /// <summary>What a client waits between two requests.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Requests that were answered.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Whether no client asks any more.</summary>
    public bool IsOver => Array.TrueForAll(_clients, client => !client.Thread.IsAlive);

    /// <summary>A socket for one request.</summary>
    public static Socket Open(TransportProtocol protocol) => protocol == TransportProtocol.Tcp
        ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 5000 }
        : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 2000 };

    /// <summary>Answers by who gave them, where they tell.</summary>
    public ImmutableDictionary<string, long> Answers() => _answers.ToImmutableDictionary();

    /// <summary>The failures.</summary>
    public ImmutableArray<RequestFailure> Failures()
    {
        lock (_failures)
        {
            return [.. _failures];
        }
    }

    /// <summary>Waits until this many more requests were answered.</summary>
    public void Await(int requests)
    {
        long goal = Answered + requests;
        WaitUntil(() => Answered >= goal);
    }

    /// <summary>Waits until no client asks any more.</summary>
    public void AwaitEnd() => Array.ForEach(_clients, client => client.Thread.Join());

    /// <summary>Waits until nothing that began before is under way.</summary>
    public void AwaitTurn()
    {
        long[] begun = [.. _clients.Select(client => client.Begun)];
        WaitUntil(() => _clients.Zip(begun).All(pair => pair.First.Begun > pair.Second));
    }

    public void Dispose()
    {
        _stop = true;
        Array.ForEach(_clients, client => client.Thread.Join());
    }

    private void WaitUntil(Func<bool> condition)
    {
        for (long began = Stopwatch.GetTimestamp(); !condition() && !IsOver; Thread.Sleep(1))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < s_longest, $"The load stands still: {Answered} answers, failures: {RequestFailure.Summarize(Failures())}.");
        }
    }

    private void Fail(RequestFailure failure)
    {
        lock (_failures)
        {
            _failures.Add(failure);
        }
    }

    private sealed class Client
    {
        private readonly RequestLoad _load;
        private readonly SteeredServer _server;
        private readonly TransportProtocol _protocol;
        private readonly Random _random;
        private long _begun;

        public Client(RequestLoad load, SteeredServer server, TransportProtocol protocol, Random random, string home)
        {
            (_load, _server, _protocol, _random) = (load, server, protocol, random);
            Thread = new Thread(() =>
            {
                using (SafeNamespaceFd there = new(Sys.openat(home, Sys.O_RDONLY)))
                {
                    Assert.Equal(0, Sys.setns(there, Sys.CLONE_NEWNET));
                }

                while (!_load._stop && Interlocked.Increment(ref _load._begun) <= _load._most)
                {
                    Ask();
                    if (_load.Pause > TimeSpan.Zero)
                    {
                        Thread.Sleep(_load.Pause);
                    }
                }
            });
            Thread.Start();
        }

        public Thread Thread { get; }

        public long Begun => Interlocked.Read(ref _begun);

        private void Ask()
        {
            Interlocked.Increment(ref _begun);
            long began = Stopwatch.GetTimestamp();
            try
            {
                using Socket socket = Open(_protocol);
                socket.Bind(new IPEndPoint(new IPAddress([127, (byte)_random.Next(256), (byte)_random.Next(256), (byte)_random.Next(1, 255)]), 0));
                socket.Connect(SteeredServer.EndPoint);
                if (_server.Ask(socket) is string worker)
                {
                    _load._answers.AddOrUpdate(worker, 1, (_, count) => count + 1);
                }

                Interlocked.Increment(ref _load._answered);
            }
            catch (Exception exception) when (exception is SocketException or InvalidDataException)
            {
                _load.Fail(new RequestFailure(began, _protocol, exception is SocketException { SocketErrorCode: SocketError code } ? code.ToString() : exception.Message));
                Thread.Sleep(2);
            }
        }
    }
}
