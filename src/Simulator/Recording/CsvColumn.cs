namespace ReuseportPS.Simulator.Recording;

/// <summary>The columns of a table of packets, in any order; the first line names them, in any case, with <c>-</c>, <c>_</c>, a space or nothing between words.</summary>
public enum CsvColumn
{
    /// <summary>tcp or udp, or 6 or 17.</summary>
    Protocol,

    /// <summary>Source address, IPv4 or IPv6.</summary>
    Source,

    /// <summary>Source port.</summary>
    SourcePort,

    /// <summary>Destination address.</summary>
    Destination,

    /// <summary>Destination port.</summary>
    DestinationPort,

    /// <summary>Seconds since the Unix epoch, with up to nine digits after the point, or an ISO 8601 time. Without it every packet is at 0.</summary>
    Time,

    /// <summary>TCP flags as letters (<c>S</c>, <c>SA</c>, <c>PA</c>) or as a number (<c>0x02</c>). Without it a TCP row is a SYN.</summary>
    Flags,

    /// <summary>Bytes of payload. What <see cref="Payload"/> does not give of them counts as cut off by the capture.</summary>
    Length,

    /// <summary>Payload in hexadecimal.</summary>
    Payload,

    /// <summary>CPU that the packet was processed on.</summary>
    Cpu,
}
