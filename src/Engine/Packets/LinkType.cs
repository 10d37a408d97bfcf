namespace ReuseportPS.Engine.Packets;

/// <summary>What a captured frame begins with; the LINKTYPE_ numbers of capture files (tcpdump.org/linktypes.html).</summary>
public enum LinkType
{
    /// <summary>BSD loopback: four bytes of address family in the byte order of the capturing host.</summary>
    Null = 0,

    /// <summary>Ethernet, with or without 802.1Q and 802.1ad tags.</summary>
    Ethernet = 1,

    /// <summary>IPv4 or IPv6 by the version field; the number that some BSDs write instead of 101.</summary>
    RawBsd = 12,

    /// <summary>IPv4 or IPv6 by the version field; the number that OpenBSD writes instead of 101.</summary>
    RawOpenBsd = 14,

    /// <summary>IPv4 or IPv6 by the version field.</summary>
    Raw = 101,

    /// <summary>OpenBSD loopback: four bytes of address family in network byte order.</summary>
    Loop = 108,

    /// <summary>Linux cooked capture, version 1 (<c>tcpdump -i any</c> until libpcap 1.10).</summary>
    LinuxCooked = 113,

    /// <summary>IPv4.</summary>
    IPv4 = 228,

    /// <summary>IPv6.</summary>
    IPv6 = 229,

    /// <summary>Linux cooked capture, version 2.</summary>
    LinuxCooked2 = 276,
}
