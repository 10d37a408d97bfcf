namespace ReuseportPS.Engine.Scenarios;

/// <summary>A flow that arrived elsewhere than predicted.</summary>
/// <param name="Opening">The flow.</param>
/// <param name="Predicted">Where the predicting backend saw it arrive.</param>
/// <param name="Arrived">Where it arrived.</param>
public sealed record FidelityDifference(FlowOpening Opening, FlowArrival Predicted, FlowArrival Arrived)
{
    /// <summary>The difference on one line.</summary>
    public override string ToString() => $"{Opening.Flow}: predicted {Predicted}, arrived at {Arrived}";
}
