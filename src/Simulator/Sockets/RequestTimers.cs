namespace ReuseportPS.Simulator.Sockets;

/// <summary>The timers of requests, by the host's clock: what is due runs when the clock is set, in the order of the deadlines.</summary>
internal sealed class RequestTimers
{
    private readonly PriorityQueue<Sock, (long Deadline, long Order)> _waiting = new();
    private long _now;
    private long _lastOrder;

    /// <summary>The clock in nanoseconds.</summary>
    public long Now
    {
        get => _now;
        set
        {
            while (_waiting.TryPeek(out Sock? request, out (long Deadline, long Order) next) && next.Deadline <= value)
            {
                _ = _waiting.Dequeue();
                if (request.IsHashed)
                {
                    _now = next.Deadline;
                    request.Network.Handshake.OnTimer(request);
                }
            }

            _now = value;
        }
    }

    /// <summary>Runs the timer of a request in a while, unless the request is over by then.</summary>
    public void Start(Sock request, long nanoseconds) => _waiting.Enqueue(request, (_now + nanoseconds, ++_lastOrder));
}
