namespace ReuseportPS.Engine.Packets;

/// <summary>Where a fragment belongs in its datagram: what <see cref="PacketParser.ParseFragment"/> finds out.</summary>
public readonly struct FragmentHeaders
{
    /// <summary>The datagram that it is of.</summary>
    public required DatagramKey Datagram { get; init; }

    /// <summary>Offset of the network header in the frame.</summary>
    public required int NetworkOffset { get; init; }

    /// <summary>Offset of the fragment's data from the network header.</summary>
    public required int PayloadOffset { get; init; }

    /// <summary>Bytes from the network header on that stand before the datagram's data: all but IPv6's fragment header.</summary>
    public required int HeaderLength { get; init; }

    /// <summary>Offset from the network header of the byte that names what follows the headers.</summary>
    public required int NextHeaderAt { get; init; }

    /// <summary>What follows the headers in the whole datagram.</summary>
    public required byte NextHeader { get; init; }

    /// <summary>Offset of the data in that of the datagram, in bytes.</summary>
    public required int Offset { get; init; }

    /// <summary>Bytes of data, as sent.</summary>
    public required int Length { get; init; }

    /// <summary>Whether others follow it.</summary>
    public required bool HasMore { get; init; }
}
