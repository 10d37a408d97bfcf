using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Model;

/// <summary>
/// What the connection ids of a trace come to under a policy, as Test-SteeringPolicy -Trace says. As an object it is always true in <c>if</c>: ask for
/// <see cref="Passed"/> or use -Quiet.
/// </summary>
public sealed record SteeringConnectionIdTest
{
    internal SteeringConnectionIdTest(SteeringPolicy policy, PacketTrace trace, PreviewGroup group, ConnectionIdSurvey survey)
    {
        Policy = policy.Name;
        Trace = trace.Name;
        Survey = survey;
        ConnectionIds = [.. survey.Ids.Select(use => new SteeringConnectionId(policy, group, use))];
        Unreached = [.. ConnectionIds.Where(id => id.Slot is null)];
        MixedTrains = [.. survey.FirstMixedTrains.Select(train => new SteeringTrain(train))];
    }

    /// <summary>Whether ids were seen, every one reaches a slot, and no train mixes ids of different slots.</summary>
    public bool Passed => !ConnectionIds.IsEmpty && Unreached.IsEmpty && Survey is { MixedTrains: 0, PacketsOfOtherIds: 0, Failure: null };

    /// <summary>Name of the policy.</summary>
    public string Policy { get; }

    /// <summary>Name of the trace.</summary>
    public string Trace { get; }

    /// <summary>The ids that servers issued, in the order in which they first appear.</summary>
    public ImmutableArray<SteeringConnectionId> ConnectionIds { get; }

    /// <summary>Those of them that reach no slot.</summary>
    public ImmutableArray<SteeringConnectionId> Unreached { get; }

    /// <summary>The first trains that mix ids of different slots.</summary>
    public ImmutableArray<SteeringTrain> MixedTrains { get; }

    /// <summary>All the numbers.</summary>
    public ConnectionIdSurvey Survey { get; }

    /// <summary>In one line.</summary>
    public string Summary =>
        $"{ConnectionIds.Length} ids in {Survey.Packets - Survey.WithoutId - Survey.CutOff} of {Survey.Packets} datagrams; {Unreached.Length} reach no slot; "
        + $"{Survey.MixedTrains} of {Survey.Trains} trains mix ids of different slots ({Survey.Misrouted} datagrams)"
        + (Survey.CutOff > 0 ? $"; {Survey.CutOff} ids cut off" : "")
        + (Survey.PacketsOfOtherIds > 0 ? $"; {Survey.PacketsOfOtherIds} datagrams with more ids than are told apart" : "");

    /// <inheritdoc/>
    public override string ToString() => Summary;
}
