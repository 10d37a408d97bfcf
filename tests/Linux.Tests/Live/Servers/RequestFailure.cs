using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>A request without its answer.</summary>
/// <param name="Began">When it began, as a time stamp of the stopwatch.</param>
/// <param name="Protocol">What it went over.</param>
/// <param name="Kind">What the client saw.</param>
internal sealed record RequestFailure(long Began, TransportProtocol Protocol, string Kind)
{
    /// <summary>Failures by kind, as text.</summary>
    public static string Summarize(IReadOnlyCollection<RequestFailure> failures) => failures.Count == 0 ? "0" :
        $"{failures.Count} ({string.Join(", ", failures.CountBy(failure => $"{failure.Protocol} {failure.Kind}").OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => $"{kind.Value} {kind.Key}"))})";
}
