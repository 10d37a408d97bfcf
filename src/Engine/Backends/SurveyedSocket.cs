using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends;

/// <summary>A socket of a survey.</summary>
/// <param name="Record">The socket.</param>
/// <param name="ReusePort">Whether SO_REUSEPORT is set; null when it may not be asked.</param>
/// <param name="Workers">Who serves it; empty when that cannot be seen.</param>
/// <param name="IsMptcp">It is the TCP listener inside an MPTCP socket, which can neither be seated nor attached through (errno 524).</param>
public sealed record SurveyedSocket(SocketRecord Record, bool? ReusePort, ImmutableArray<SocketWorker> Workers, bool IsMptcp = false)
{
    /// <summary>Whether SO_REUSEADDR is set; null when it may not be asked.</summary>
    public bool? ReuseAddress { get; init; }
}
