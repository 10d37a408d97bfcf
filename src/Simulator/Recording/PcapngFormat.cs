namespace ReuseportPS.Simulator.Recording;

/// <summary>Numbers of the pcapng format (draft-ietf-opsawg-pcapng).</summary>
internal static class PcapngFormat
{
    public const uint SectionHeader = 0x0A0D0D0A;
    public const uint InterfaceDescription = 1;
    public const uint ObsoletePacket = 2;
    public const uint SimplePacket = 3;
    public const uint EnhancedPacket = 6;

    /// <summary>That of decryption secrets; but for sections, no type is higher that is not for local use.</summary>
    public const uint HighestType = 10;

    public const uint ByteOrderMagic = 0x1A2B3C4D;

    /// <summary>Type, length, and the length once more at the end.</summary>
    public const int SmallestBlock = 12;

    /// <summary>Largest block that is looked into: the largest record and as much of options. Others are skipped whatever their length.</summary>
    public const int LargestBlock = 2 * PcapFormat.LargestRecord;

    /// <summary>Interfaces of a section that are remembered; the packets of others count as malformed.</summary>
    public const int MostInterfaces = 65536;

    public const int OptionFlags = 2;
    public const int OptionTimeResolution = 9;
    public const int OptionTimeOffset = 14;
}
