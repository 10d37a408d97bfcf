namespace ReuseportPS.Engine.Scenarios;

/// <summary>Where a flow arrived.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Slot">Slot of the member that got it, or -1.</param>
/// <param name="Detail">Why it was not sent, or null.</param>
public readonly record struct FlowArrival(ArrivalKind Kind, int Slot, string? Detail = null)
{
    /// <summary>The arrival as <c>slot 3</c> or <c>rejected</c>.</summary>
    public override string ToString() => Kind switch
    {
        ArrivalKind.Slot => $"slot {Slot}",
        ArrivalKind.Rejected => "rejected",
        ArrivalKind.Lost => "lost",
        _ => $"not sent ({Detail})",
    };
}
