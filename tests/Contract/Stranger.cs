namespace ReuseportPS.Contract;

/// <summary>Another process that holds sockets. Disposing ends it.</summary>
/// <param name="processId">Its process id.</param>
/// <param name="cookies">Cookies of its sockets, in the order they were opened.</param>
/// <param name="end">Ends the process and waits for it.</param>
public sealed class Stranger(int processId, IReadOnlyList<ulong> cookies, Action end) : IDisposable
{
    private bool _ended;

    public int ProcessId { get; } = processId;

    public IReadOnlyList<ulong> Cookies { get; } = cookies;

    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            end();
        }
    }
}
