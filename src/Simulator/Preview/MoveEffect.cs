namespace ReuseportPS.Simulator.Preview;

/// <summary>What a change does to where a flow goes.</summary>
public enum MoveEffect
{
    /// <summary>Nothing.</summary>
    Stays,

    /// <summary>It goes elsewhere.</summary>
    Moves,

    /// <summary>The kernel chooses on one side, or among other members: which one hangs on secrets of the host.</summary>
    Uncertain,
}
