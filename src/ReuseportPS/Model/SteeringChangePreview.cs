using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Model;

/// <summary>What applying a policy would do, before anything is touched.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Over">What it was previewed over: the live connections, or a trace.</param>
/// <param name="After">What each slot would get.</param>
/// <param name="Change">What would move.</param>
public sealed record SteeringChangePreview(string Group, string Over, SteeringMeasurement After, SteeringComparison Change)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Group}: {Change.FlowsMoved} of {Change.Flows} flows of {Over} move";
}
