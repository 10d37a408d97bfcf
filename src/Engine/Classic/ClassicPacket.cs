namespace ReuseportPS.Engine.Classic;

/// <summary>What a classic program sees of a packet: of <c>struct sk_buff</c> with the transport header pulled, so that offset 0 is the payload.</summary>
public sealed class ClassicPacket
{
    /// <summary>Bytes from the network header on, as far as they were captured; the rest reads as zeros.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>Where the payload begins in <see cref="Data"/>.</summary>
    public int PayloadOffset { get; set; }

    /// <summary>Length of the payload as sent, in bytes.</summary>
    public int PayloadLength { get; set; }

    /// <summary>Whether the transport is TCP.</summary>
    public bool IsTcp { get; set; }

    /// <summary>EtherType, in host order.</summary>
    public ushort Protocol { get; set; }

    /// <summary>PACKET_HOST (0) and so on.</summary>
    public uint PacketType { get; set; }

    /// <summary>Index of the device it came in by.</summary>
    public uint InterfaceIndex { get; set; }

    /// <summary>ARPHRD_* of that device: 772 for loopback, 1 for Ethernet.</summary>
    public ushort HardwareType { get; set; }

    /// <summary>SO_MARK of the sender on this host, or a firewall's.</summary>
    public uint Mark { get; set; }

    /// <summary><c>queue_mapping</c>: receive queue plus one, or 0.</summary>
    public uint Queue { get; set; }

    /// <summary><c>skb->hash</c>: 0 when no device and no socket set it.</summary>
    public uint ReceiveHash { get; set; }

    /// <summary>CPU it is processed on.</summary>
    public uint Cpu { get; set; }

    /// <summary>VLAN tag control information, when the device took the tag off.</summary>
    public ushort VlanTag { get; set; }

    /// <summary>EtherType of that VLAN tag, in host order; 0 without one.</summary>
    public ushort VlanProtocol { get; set; }

    /// <summary>Whether the payload is in one piece in the kernel's buffer: netlink attributes are looked for only then.</summary>
    public bool IsLinear { get; set; } = true;

    /// <summary>Where random numbers come from.</summary>
    public Func<uint> Random { get; set; } = static () => 0;

    /// <summary>Length of the link-layer header before the network header.</summary>
    public const int LinkLayerLength = 14;

    /// <summary>A byte, by its place from the payload on; negative for the headers. The link-layer header is that of loopback: no addresses, then the EtherType.</summary>
    internal byte this[int place]
    {
        get
        {
            int at = PayloadOffset + place;
            return at >= Data.Length ? (byte)0
                : at >= 0 ? Data.Span[at]
                : at == -2 ? (byte)(Protocol >> 8)
                : at == -1 ? (byte)Protocol
                : (byte)0;
        }
    }
}
