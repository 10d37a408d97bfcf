namespace ReuseportPS.Model;

/// <summary>What a slot does at present.</summary>
public enum SocketSlotState
{
    /// <summary>It gets new flows.</summary>
    Active,

    /// <summary>It keeps the flows that flow tables hold for it, and gets no new ones.</summary>
    Draining,

    /// <summary>It gets new flows only while no active slot could be selected.</summary>
    Standby,

    /// <summary>Nobody sits there.</summary>
    Empty,
}
