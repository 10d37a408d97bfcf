using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>How abilities are written in <c>needs</c>.</summary>
internal static class AbilityWords
{
    public static ImmutableList<(string Word, BackendAbility Ability)> All { get; } =
    [
        ("sockmap", BackendAbility.SocketMaps), ("syncookies", BackendAbility.SynCookies), ("half-open", BackendAbility.HalfOpen),
        ("request-timer", BackendAbility.RequestTimer), ("migration-counters", BackendAbility.MigrationCounters), ("socket-filter", BackendAbility.SocketFilters), ("verifier", BackendAbility.Verifier),
    ];
}
