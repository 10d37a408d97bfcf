using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Preview;

/// <summary>What the connection ids of a trace come to under a policy.</summary>
public sealed record ConnectionIdSurvey
{
    /// <summary>Datagrams that come to a <c>by: connection-id</c>.</summary>
    public required long Packets { get; init; }

    /// <summary>Datagrams of them without an id that a server issued: Initials and other openings.</summary>
    public required long WithoutId { get; init; }

    /// <summary>Datagrams of them whose id the capture cut off.</summary>
    public required long CutOff { get; init; }

    /// <summary>The ids, in the order in which they first appear; no more than <see cref="ConnectionIdSurveyor.MostIds"/>.</summary>
    public required ImmutableArray<ConnectionIdUse> Ids { get; init; }

    /// <summary>Datagrams with ids beyond those.</summary>
    public required long PacketsOfOtherIds { get; init; }

    /// <summary>Runs of two datagrams or more that a kernel may take for one.</summary>
    public required long Trains { get; init; }

    /// <summary>How many of the trains mix ids that belong to different slots.</summary>
    public required long MixedTrains { get; init; }

    /// <summary>Datagrams in them that would go to another slot by themselves.</summary>
    public required long Misrouted { get; init; }

    /// <summary>The first of them; no more than <see cref="ConnectionIdSurveyor.MostTrains"/>.</summary>
    public required ImmutableArray<MixedTrain> FirstMixedTrains { get; init; }

    /// <summary>Why the reading ended before the trace did; null at its end.</summary>
    public required Diagnostic? Failure { get; init; }
}
