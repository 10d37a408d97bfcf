namespace ReuseportPS.Engine.Backends;

/// <summary>A thread that serves a socket. Who holds a descriptor does not tell: nginx's master and all its workers hold every one.</summary>
/// <param name="ProcessId">Process id.</param>
/// <param name="ThreadId">Thread id; 0 when the process watches the socket and its thread was busy whenever it was looked at.</param>
/// <param name="Command">Command name (comm).</param>
/// <param name="Evidence">What tells so.</param>
public sealed record SocketWorker(int ProcessId, int ThreadId, string Command, WorkerEvidence Evidence)
{
    /// <summary><c>nginx 4711</c>, and <c>haproxy 4711/4713</c> for a thread other than the first.</summary>
    public override string ToString() => ThreadId == 0 || ThreadId == ProcessId ? $"{Command} {ProcessId}" : $"{Command} {ProcessId}/{ThreadId}";
}
