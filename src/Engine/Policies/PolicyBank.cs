using System.Collections.Immutable;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Policies;

/// <summary>All data that one packet reads together: what is written into the idle bank and becomes current with one store of the epoch.</summary>
/// <param name="Tables">The inner array with all tables of the policy, with contents; none when it needs none.</param>
/// <param name="Lists">Inner LPM tries, with contents, in list order.</param>
public sealed record PolicyBank(ImmutableArray<MapSpec> Tables, ImmutableArray<MapSpec> Lists);
