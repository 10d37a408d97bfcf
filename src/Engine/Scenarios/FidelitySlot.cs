namespace ReuseportPS.Engine.Scenarios;

/// <summary>Flows of one slot in a fidelity run; those that were not compared are not among them.</summary>
/// <param name="Slot">Slot number; -1 for rejected flows.</param>
/// <param name="Predicted">Flows predicted to reach it.</param>
/// <param name="Arrived">Flows that reached it.</param>
public sealed record FidelitySlot(int Slot, int Predicted, int Arrived);
