using System.Collections.Concurrent;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// Reads the segments of a trace on several threads, and puts what each found together in their order. A segment whose reader did not begin where the one before it
/// ended, or that could not be read to its end, and all after it, are left to one thread: so the result is what one thread finds, whatever the file holds.
/// </summary>
internal sealed class SegmentedRun : IDisposable
{
    /// <summary>Segments, for each thread, that are being read or wait for one before them.</summary>
    private const int LeadPerThread = 3;

    private readonly ITraceSegments _segments;
    private readonly int _threads;
    private readonly Func<PreviewRun> _newRun;
    private readonly CancellationTokenSource _ending;
    private readonly CancellationToken _cancellation;
    private readonly SemaphoreSlim _lead;
    private int _next = -1;

    private readonly Lock _joining = new();
    private readonly Dictionary<int, Part> _waiting = [];
    private readonly List<SteeringCounts> _counts = [];
    private readonly ConcurrentBag<TrafficTally> _spent = [];
    private TrafficTally? _tally;
    private ISegmentReader? _last;
    private int _joined;

    /// <summary>A run over segments.</summary>
    /// <param name="segments">The segments.</param>
    /// <param name="threads">Threads, at least one.</param>
    /// <param name="newRun">Makes what a thread decides with.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public SegmentedRun(ITraceSegments segments, int threads, Func<PreviewRun> newRun, CancellationToken cancellationToken)
    {
        (_segments, _threads, _newRun, _cancellation) = (segments, threads, newRun, cancellationToken);
        _lead = new SemaphoreSlim(threads * LeadPerThread);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Segments that were read by several threads; the others were left to one.</summary>
    public int Joined => _joined;

    /// <summary>Reads all of the trace.</summary>
    /// <param name="told">Told now and then how much is read, by the calling thread.</param>
    /// <returns>What was booked, what the programs counted, and the reader that read last: its statistics are those of the whole trace. All of it is of this run, and ends with it.</returns>
    public (TrafficTally Tally, SteeringCounts Counts, ISegmentReader Reader) Read(Action<double?> told)
    {
        Task[] others = [.. Enumerable.Range(1, _threads - 1).Select(_ => Task.Run(() => ReadSegments(static _ => { }), CancellationToken.None))];
        try
        {
            ReadSegments(told);
        }
        finally
        {
            Task.WaitAll(others, CancellationToken.None);
        }

        _cancellation.ThrowIfCancellationRequested();
        if (_joined < _segments.Count)
        {
            ReadRest(told);
        }

        return (_tally!, SteeringCounts.Sum(_counts), _last!);
    }

    public void Dispose()
    {
        _last?.Dispose();
        _tally?.Dispose();
        foreach (TrafficTally spent in _spent)
        {
            spent.Dispose();
        }

        _lead.Dispose();
        _ending.Dispose();
    }

    private void ReadSegments(Action<double?> told)
    {
        using PreviewRun run = _newRun();
        bool isDone = false;
        try
        {
            SteeringCounts before = run.ReadCounts();
            for (int index = TakeSegment(); index < _segments.Count; index = TakeSegment())
            {
                TrafficTally tally = index > 0 && _spent.TryTake(out TrafficTally? spent) ? spent : run.NewTally(isPart: index > 0);
                ISegmentReader? reader = ReadSegment(index, run, tally, told);
                SteeringCounts counts = run.ReadCounts();
                Join(index, new Part(reader, tally, counts.Since(before)));
                before = counts;
            }

            isDone = true;
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // By the caller, who asks again, or because the rest is for one thread.
        }
        finally
        {
            if (!isDone)
            {
                _ending.Cancel(); // Nobody is to wait for a segment that will not come.
            }
        }
    }

    private int TakeSegment()
    {
        _lead.Wait(_ending.Token);
        return Interlocked.Increment(ref _next);
    }

    /// <summary>The reader, at its end; null when it did not get there.</summary>
    private ISegmentReader? ReadSegment(int index, PreviewRun run, TrafficTally tally, Action<double?> told)
    {
        using ISegmentReader? reader = _segments.Open(index, _ending.Token);
        if (reader is null)
        {
            return null;
        }

        try
        {
            run.Read(reader, tally, told, _ending.Token);
            return reader;
        }
        catch (Exception exception) when (exception is DiagnosticException or InvalidOperationException)
        {
            return null; // Read again in order it is thrown again, unless something before it ends the reading.
        }
    }

    private void Join(int index, Part part)
    {
        lock (_joining)
        {
            _waiting.Add(index, part);
            while (!_ending.IsCancellationRequested && _waiting.Remove(_joined, out Part? next))
            {
                if (next.Reader is null || !next.Reader.Follows(_last))
                {
                    _ending.Cancel();
                    return;
                }

                if (_last is null)
                {
                    _tally = next.Tally;
                }
                else
                {
                    next.Reader.Join(_last);
                    _tally!.Append(next.Tally);
                    next.Tally.Clear();
                    _spent.Add(next.Tally);
                }

                _last = next.Reader;
                _counts.Add(next.Counts);
                _joined++;
                _lead.Release();
            }
        }
    }

    private void ReadRest(Action<double?> told)
    {
        using PreviewRun run = _newRun();
        ISegmentReader rest = _segments.OpenRest(_last, _cancellation);
        _last = rest;
        _tally ??= run.NewTally();
        run.Read(rest, _tally, told, _cancellation);
        _counts.Add(run.ReadCounts());
    }

    private sealed record Part(ISegmentReader? Reader, TrafficTally Tally, SteeringCounts Counts);
}
