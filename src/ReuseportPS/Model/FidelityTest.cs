using System.Collections.Immutable;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Model;

/// <summary>What Test-ReuseportFidelity found. As an object it is always true in <c>if</c>: ask for <see cref="Passed"/> or use -Quiet.</summary>
/// <param name="Passed">Whether every flow compared arrived where it was predicted, at least one was compared, and none was lost.</param>
/// <param name="Policy">Name of the policy.</param>
/// <param name="FlowCount">Flows compared.</param>
/// <param name="DifferenceCount">Flows that arrived elsewhere.</param>
/// <param name="LeftToKernel">Flows that the policy leaves to the kernel's own choice, of a kind whose hash secrets could not be read; not compared.</param>
/// <param name="NotSent">Flows that could not be sent from here; not compared.</param>
/// <param name="Lost">Flows that reached nobody on either side; not compared, and no pass.</param>
/// <param name="Slots">Predicted and arrived by slot.</param>
/// <param name="Differences">Each difference.</param>
public sealed record FidelityTest(
    bool Passed, string Policy, int FlowCount, int DifferenceCount, int LeftToKernel, int NotSent, int Lost,
    ImmutableArray<FidelitySlot> Slots, ImmutableArray<FidelityDifference> Differences);
