using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends;

/// <summary>The sockets of a host.</summary>
/// <param name="Sockets">TCP listeners and bound UDP sockets, by namespace.</param>
/// <param name="Hidden">What could not be seen, and what it would take; empty when all was.</param>
public sealed record SocketSurvey(ImmutableArray<SurveyedSocket> Sockets, ImmutableArray<string> Hidden)
{
    /// <summary>Whether some process does not show its descriptors: a socket without a known owner may have one.</summary>
    public bool HidesOwners { get; init; }

    /// <summary>Whether some owner does not show what its threads wait for.</summary>
    public bool HidesThreads { get; init; }

    /// <summary>Asks sockets that were found whether SO_REUSEPORT and SO_REUSEADDR are set.</summary>
    /// <param name="backend">Where they are.</param>
    /// <param name="records">The sockets.</param>
    /// <param name="workers">Who serves them, by inode number.</param>
    public static IEnumerable<SurveyedSocket> Ask(
        IReuseportBackend backend, IEnumerable<SocketRecord> records, IReadOnlyDictionary<ulong, ImmutableArray<SocketWorker>> workers)
    {
        foreach (SocketRecord record in records)
        {
            bool? reusePort = null;
            bool? reuseAddress = null;
            bool isMptcp = false;
            try
            {
                using IBackendSocket copy = backend.AcquireSocket(record);
                reusePort = copy.GetOption(SocketOption.ReusePort) != 0;
                reuseAddress = copy.GetOption(SocketOption.ReuseAddress) != 0;
            }
            catch (BackendException exception)
            {
                isMptcp = exception.Errno == Errno.ENOTSUPP;
            }

            yield return new SurveyedSocket(record, reusePort, workers.GetValueOrDefault(record.Inode, []), isMptcp) { ReuseAddress = reuseAddress };
        }
    }
}
