namespace ReuseportPS.Engine.Packets;

/// <summary>Transport protocol by its IANA number.</summary>
public enum TransportProtocol
{
    /// <summary>TCP.</summary>
    Tcp = 6,

    /// <summary>UDP.</summary>
    Udp = 17,
}
