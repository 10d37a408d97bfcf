using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ReuseportPS.Linux.Tests.Live.Servers;

namespace ReuseportPS.Linux.Tests.Live.Relay;

/// <summary>
/// Clients on the far side of a <see cref="DelayRelay"/>: connections with one HTTP request each, and UDP flows of several questions and answers. Bounded in time; every failure is kept.
/// </summary>
internal sealed class RelayedLoad : IDisposable
{
    /// <summary>Questions of a UDP flow: it lives for two to three seconds.</summary>
    private const int Questions = 8;

    private const int Patience = 40_000;
    private const int PatienceForDatagrams = 5_000;
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    private readonly LinuxNamespace _place;
    private readonly Thread[] _threads;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly ConcurrentBag<Exception> _defects = [];
    private volatile bool _stop;

    public RelayedLoad(LinuxNamespace place, int connections, int flows)
    {
        _place = place;
        _threads = [.. Enumerable.Repeat<Action>(Request, connections).Concat(Enumerable.Repeat<Action>(Converse, flows)).Select(action => new Thread(() => Repeat(action)))];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Answers to HTTP requests.</summary>
    public ConcurrentQueue<(int ClientPort, string Answer)> Answers { get; } = new();

    /// <summary>HTTP requests without an answer: what the client saw.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>UDP flows that are over: their answers in order, "-" for one that did not come.</summary>
    public ConcurrentQueue<string[]> Flows { get; } = new();

    /// <summary>UDP flows of which two answers are not of the same socket of the same process.</summary>
    public int MovedFlows => Flows.Count(flow => flow.Where(answer => answer != "-").Distinct().Count() > 1);

    /// <summary>Questions over UDP without an answer.</summary>
    public int LostDatagrams => Flows.Sum(flow => flow.Count(answer => answer == "-"));

    /// <summary>Waits for so many more answers to HTTP requests, and so many more UDP flows that are over.</summary>
    public void Await(int answers, int flows)
    {
        (int answersBefore, int flowsBefore) = (Answers.Count, Flows.Count);
        while (Answers.Count < answersBefore + answers || Flows.Count < flowsBefore + flows)
        {
            Assert.Empty(_defects);
            Assert.True(Stopwatch.GetElapsedTime(_began) < s_longest, $"{Answers.Count - answersBefore} answers, {Flows.Count - flowsBefore} flows");
            Thread.Sleep(10);
        }
    }

    /// <summary>Waits for the end of all that is under way.</summary>
    public void Dispose()
    {
        _stop = true;
        Array.ForEach(_threads, thread => thread.Join());
        Assert.Empty(_defects);
    }

    private void Repeat(Action action)
    {
        try
        {
            while (!_stop && Stopwatch.GetElapsedTime(_began) < s_longest)
            {
                action();
            }
        }
        catch (Exception exception)
        {
            _defects.Add(exception);
        }
    }

    private Socket Open(SocketType type, ProtocolType protocol, int patience) =>
        _place.Run(() => new Socket(AddressFamily.InterNetwork, type, protocol) { ReceiveTimeout = patience, SendTimeout = patience });

    private void Request()
    {
        using Socket socket = Open(SocketType.Stream, ProtocolType.Tcp, Patience);
        try
        {
            socket.Connect(DelayRelay.ServerAddress, ServerGeneration.Port);
            int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            string answer = HttpAnswer.Ask(socket);
            if (answer.Contains(" 200 OK", StringComparison.Ordinal))
            {
                Answers.Enqueue((port, answer[(answer.LastIndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]));
            }
            else
            {
                Failures.Enqueue(answer.Length == 0 ? "closed without an answer" : answer);
            }
        }
        catch (SocketException exception)
        {
            Failures.Enqueue(exception.SocketErrorCode.ToString());
        }
    }

    private void Converse()
    {
        using Socket socket = Open(SocketType.Dgram, ProtocolType.Udp, PatienceForDatagrams);
        socket.Connect(DelayRelay.ServerAddress, ServerGeneration.Port);
        string[] answers = new string[Questions];
        byte[] buffer = new byte[64];
        for (int question = 0; question < Questions; question++)
        {
            try
            {
                socket.Send([(byte)question]);
                answers[question] = Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
            }
            catch (SocketException)
            {
                answers[question] = "-";
            }
        }

        Flows.Enqueue(answers);
    }
}
