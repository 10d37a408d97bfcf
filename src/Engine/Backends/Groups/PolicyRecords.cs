using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What a group remembers of its policies beside the one that it has.</summary>
/// <param name="Version">Number and time of the present one; null without a policy.</param>
/// <param name="History">Those before, the oldest first.</param>
/// <param name="Trial">What waits to be confirmed, or null.</param>
internal sealed record PolicyRecords(PolicyVersion? Version, ImmutableArray<PolicyVersion> History, Trial? Trial = null);
