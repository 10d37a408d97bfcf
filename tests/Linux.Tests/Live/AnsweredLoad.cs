using System.Net;
using System.Net.Sockets;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>Datagrams and connections to an <see cref="AnsweringServer"/>, one after the other and each from a port of its own, for as long as it lives.</summary>
internal sealed class AnsweredLoad : IDisposable
{
    private readonly Thread _thread;
    private readonly List<Exception> _failures = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _answers = [];
    private volatile bool _stop;

    public AnsweredLoad(LinuxNamespace place, int port)
    {
        _thread = new Thread(() =>
        {
            byte[] answer = new byte[64];
            for (int number = 0; !_stop; number++)
            {
                bool isDatagram = number % 2 == 0;
                try
                {
                    using Socket socket = place.Run(() => isDatagram
                        ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10000 }
                        : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10000 });
                    socket.Connect(IPAddress.Loopback, port);
                    if (isDatagram)
                    {
                        socket.Send([1]);
                    }

                    string name = System.Text.Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
                    lock (_lock)
                    {
                        _answers[name] = _answers.GetValueOrDefault(name) + 1;
                    }
                }
                catch (Exception exception)
                {
                    _failures.Add(exception);
                }

                Thread.Sleep(1);
            }
        });
        _thread.Start();
    }

    public List<Exception> Failures => _failures;

    public int Answers
    {
        get
        {
            lock (_lock)
            {
                return _answers.Values.Sum();
            }
        }
    }

    /// <summary>Waits for so many more answers of a socket, or of any.</summary>
    public void Await(string? answer, int count)
    {
        int wanted = Count(answer) + count;
        for (int attempt = 0; Count(answer) < wanted && _failures.Count == 0 && attempt < 3000; attempt++)
        {
            Thread.Sleep(10);
        }

        Assert.True(Count(answer) >= wanted, $"{count} answers of {answer ?? "any"} did not come; {_failures.FirstOrDefault()}");
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private int Count(string? answer)
    {
        lock (_lock)
        {
            return answer is null ? _answers.Values.Sum() : _answers.GetValueOrDefault(answer);
        }
    }
}
