namespace ReuseportPS.Engine.Policies;

/// <summary>What a slot is meant for at present. It is data: changing it needs no new program.</summary>
public enum SlotState
{
    /// <summary>It gets flows.</summary>
    Active,

    /// <summary>It keeps the flows that a flow table holds for it, and gets no new ones.</summary>
    Draining,

    /// <summary>It gets flows only when no slot that is <see cref="Active"/> could be selected.</summary>
    Standby,
}
