namespace ReuseportPS.Engine.Packets;

/// <summary>IP version of a packet or a socket.</summary>
public enum IpFamily
{
    /// <summary>IPv4 (AF_INET).</summary>
    V4 = 4,

    /// <summary>IPv6 (AF_INET6).</summary>
    V6 = 6,
}
