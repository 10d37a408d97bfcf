namespace ReuseportPS.Simulator.Preview;

/// <summary>Traffic that goes one way before a change and another, or the same, after it.</summary>
/// <param name="From">Where it went: <c>slot 3</c>, <c>kernel</c>, <c>rejected</c>.</param>
/// <param name="To">Where it goes.</param>
/// <param name="Flows">Flows.</param>
/// <param name="Packets">Packets.</param>
/// <param name="Effect">Whether that is a move.</param>
public sealed record FlowMove(string From, string To, long Flows, long Packets, MoveEffect Effect);
