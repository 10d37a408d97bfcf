namespace ReuseportPS.Engine.Classic;

/// <summary>Offsets of absolute loads that mean something else than a place in the packet (linux/filter.h).</summary>
public static class ClassicOffsets
{
    /// <summary>SKF_NET_OFF: from here on, relative to the network header.</summary>
    public const int NetworkHeader = -0x100000;

    /// <summary>SKF_LL_OFF: from here on, relative to the link-layer header.</summary>
    public const int LinkLayerHeader = -0x200000;

    /// <summary>SKF_AD_OFF: from here on, ancillary data.</summary>
    public const int Ancillary = -0x1000;

#pragma warning disable CS1591 // SKF_AD_* by the kernel's numbers.
    public const int Protocol = 0;
    public const int PacketType = 4;
    public const int InterfaceIndex = 8;
    public const int NetlinkAttribute = 12;
    public const int NestedNetlinkAttribute = 16;
    public const int Mark = 20;
    public const int Queue = 24;
    public const int HardwareType = 28;
    public const int ReceiveHash = 32;
    public const int Cpu = 36;
    public const int XorIndex = 40;
    public const int VlanTag = 44;
    public const int VlanTagPresent = 48;
    public const int PayloadOffset = 52;
    public const int Random = 56;
    public const int VlanProtocol = 60;
#pragma warning restore CS1591

    /// <summary>Which ancillary datum an offset means, or null when none. The kernel knows every multiple of 4 up to 60.</summary>
    public static int? AncillaryOf(uint k)
    {
        long number = (long)k - unchecked((uint)Ancillary);
        return number is >= Protocol and <= VlanProtocol && number % 4 == 0 ? (int)number : null;
    }
}
