using System.Collections.Immutable;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>What a fidelity run found.</summary>
/// <param name="FlowCount">Flows compared.</param>
/// <param name="LeftToKernel">Flows that the policy leaves to the kernel's own choice: they arrived, and are not compared, because the host's hash secrets could not be read.</param>
/// <param name="NotSent">Flows that could not be sent from here, and are not compared.</param>
/// <param name="Lost">Flows that reached nobody on either side; not compared.</param>
/// <param name="Slots">Predicted and arrived by slot; rejections as slot -1 when there are any.</param>
/// <param name="Differences">Every flow that arrived elsewhere than predicted.</param>
public sealed record FidelityResult(
    int FlowCount, int LeftToKernel, int NotSent, int Lost, ImmutableArray<FidelitySlot> Slots, ImmutableArray<FidelityDifference> Differences);
