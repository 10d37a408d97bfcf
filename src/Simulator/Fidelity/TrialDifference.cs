using System.Globalization;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>A flow that arrived elsewhere than predicted.</summary>
/// <param name="Round">Number of the round, from 0.</param>
/// <param name="Selection">What chose.</param>
/// <param name="Policy">Name of the policy, or null.</param>
/// <param name="Packet">The flow, and for UDP the length of the datagram.</param>
/// <param name="Cpu">CPU it was sent on.</param>
/// <param name="Predicted">The simulator's verdict.</param>
/// <param name="Arrived">The other host's verdict.</param>
/// <param name="Reason">Why the simulator says so.</param>
public sealed record TrialDifference(
    int Round, TrialSelection Selection, string? Policy, string Packet, int Cpu, TrialVerdict Predicted, TrialVerdict Arrived, string Reason)
{
    /// <summary>The difference on one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"round {Round} ({Policy ?? Selection.ToString()}), {Packet} on CPU {Cpu}: predicted {Predicted} ({Reason}), arrived: {Arrived}");
}
