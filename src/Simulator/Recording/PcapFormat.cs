namespace ReuseportPS.Simulator.Recording;

/// <summary>Numbers of the classic pcap format (draft-ietf-opsawg-pcap).</summary>
internal static class PcapFormat
{
    public const uint MagicMicroseconds = 0xA1B2C3D4;
    public const uint MagicNanoseconds = 0xA1B23C4D;

    /// <summary>A patched libpcap of the 1990s, with longer record headers.</summary>
    public const uint MagicModified = 0xA1B2CD34;

    public const ushort MagicGzip = 0x1F8B;

    public const int FileHeaderLength = 24;
    public const int RecordHeaderLength = 16;

    /// <summary>Largest record accepted: libpcap's MAXIMUM_SNAPLEN.</summary>
    public const int LargestRecord = 262144;
}
