using System.Collections.Concurrent;
using System.Diagnostics;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>A load on one server: each request opens a connection. Bounded in time; every failure is kept.</summary>
internal sealed class ConnectionLoad : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<(long Opened, int Worker)> _answers = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly Thread[] _threads;
    private volatile bool _stop;

    public ConnectionLoad(NginxProcess server, int clients)
        : this(server.Request, clients)
    {
    }

    /// <summary>A load of what answers with the pid of the worker.</summary>
    public ConnectionLoad(Func<int> request, int clients)
    {
        long end = Stopwatch.GetTimestamp() + (long)(s_longest.TotalSeconds * Stopwatch.Frequency);
        _threads = [.. Enumerable.Range(0, clients).Select(_ => new Thread(() =>
        {
            while (!_stop && Stopwatch.GetTimestamp() < end)
            {
                long opened = Stopwatch.GetTimestamp();
                try
                {
                    _answers.Enqueue((opened, request()));
                }
                catch (Exception exception)
                {
                    _failures.Enqueue(exception);
                }
            }
        }))];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    public IReadOnlyCollection<Exception> Failures => _failures;

    /// <summary>Waits until this many more requests were answered.</summary>
    public void Await(int requests)
    {
        int goal = _answers.Count + requests;
        while (_answers.Count < goal && _threads.Any(thread => thread.IsAlive))
        {
            Thread.Sleep(5);
        }
    }

    /// <summary>Workers that answered the connections opened at or after a time stamp, with their counts.</summary>
    public Dictionary<int, int> WorkersSince(long timestamp) => _answers
        .Where(answer => answer.Opened >= timestamp)
        .GroupBy(answer => answer.Worker)
        .ToDictionary(worker => worker.Key, worker => worker.Count());

    public void Dispose()
    {
        _stop = true;
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }
}
