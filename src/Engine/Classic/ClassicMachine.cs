using static ReuseportPS.Engine.Classic.ClassicCode;

namespace ReuseportPS.Engine.Classic;

/// <summary>
/// Runs classic programs with the kernel's meaning (bpf_convert_filter, bpf_skb_load_helper and convert_bpf_extensions in net/core/filter.c, 6.18). A load outside the
/// packet and a division by X = 0 end the program with 0, which is the index of the first member.
/// </summary>
public static class ClassicMachine
{
    /// <summary>Runs a program that <see cref="ClassicChecker"/> accepts.</summary>
    /// <param name="program">The program.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>What it returns: the index of a member; one that there is not leaves the choice to the kernel's hash.</returns>
    public static uint Run(ClassicProgram program, ClassicPacket packet)
    {
        ReadOnlySpan<ClassicInstruction> code = program.Instructions.AsSpan();
        Span<uint> scratch = stackalloc uint[ClassicChecker.ScratchWords];
        scratch.Clear();
        uint a = 0;
        uint x = 0;
        for (int at = 0; at < code.Length; at++)
        {
            ClassicInstruction instruction = code[at];
            uint k = instruction.K;
            switch ((ClassicCode)instruction.Code)
            {
                case LoadImmediate:
                    a = k;
                    break;
                case LoadWord or LoadHalf or LoadByte when ClassicOffsets.AncillaryOf(k) is int datum:
                    a = Ancillary(packet, datum, a, x);
                    break;
                case LoadWord or LoadWordIndexed or LoadHalf or LoadHalfIndexed or LoadByte or LoadByteIndexed:
                    bool isIndexed = (ClassicCode)instruction.Code is LoadWordIndexed or LoadHalfIndexed or LoadByteIndexed;
                    int size = (instruction.Code & 0x18) switch { 0x00 => 4, 0x08 => 2, _ => 1 };
                    if (!TryLoad(packet, (int)(isIndexed ? x + k : k), size, out a))
                    {
                        return 0;
                    }

                    break;
                case LoadScratch:
                    a = scratch[(int)k];
                    break;
                case LoadLength:
                    a = (uint)packet.PayloadLength;
                    break;
                case LoadIndexImmediate:
                    x = k;
                    break;
                case LoadIndexScratch:
                    x = scratch[(int)k];
                    break;
                case LoadIndexLength:
                    x = (uint)packet.PayloadLength;
                    break;
                case LoadIndexHeaderLength:
                    if (!TryLoad(packet, (int)k, 1, out uint header))
                    {
                        return 0;
                    }

                    x = (header & 0xf) << 2;
                    break;
                case Store:
                    scratch[(int)k] = a;
                    break;
                case StoreIndex:
                    scratch[(int)k] = x;
                    break;
                case DivideIndex or ModuloIndex when x == 0:
                    return 0;
                case Negate:
                    a = 0 - a;
                    break;
                case Jump:
                    at += (int)k;
                    break;
                case JumpEqual or JumpEqualIndex or JumpGreater or JumpGreaterIndex or JumpGreaterOrEqual or JumpGreaterOrEqualIndex or JumpBitsSet or JumpBitsSetIndex:
                    at += Holds(instruction.Code, a, UsesIndex(instruction.Code) ? x : k) ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case Return:
                    return k;
                case ReturnAccumulator:
                    return a;
                case AccumulatorToIndex:
                    x = a;
                    break;
                case IndexToAccumulator:
                    a = x;
                    break;
                default:
                    a = Compute(instruction.Code, a, UsesIndex(instruction.Code) ? x : k);
                    break;
            }
        }

        return 0;
    }

    private static bool UsesIndex(ushort code) => (code & 0x08) != 0;

    private static bool Holds(ushort code, uint a, uint operand) => (ClassicCode)(code & ~0x08) switch
    {
        JumpEqual => a == operand,
        JumpGreater => a > operand,
        JumpGreaterOrEqual => a >= operand,
        _ => (a & operand) != 0,
    };

    private static uint Compute(ushort code, uint a, uint operand) => (ClassicCode)(code & ~0x08) switch
    {
        AddImmediate => a + operand,
        SubtractImmediate => a - operand,
        MultiplyImmediate => a * operand,
        DivideImmediate => a / operand,
        ModuloImmediate => a % operand,
        OrImmediate => a | operand,
        AndImmediate => a & operand,
        XorImmediate => a ^ operand,
        ShiftLeftImmediate => a << (int)operand,
        _ => a >> (int)operand,
    };

    /// <summary>A packet load (<c>BPF_ABS</c>, <c>BPF_IND</c>), of classic programs and of those eBPF programs that still have it.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="offset">From the payload on; from -0x100000 (SKF_NET_OFF) the network header, from -0x200000 (SKF_LL_OFF) the link-layer header.</param>
    /// <param name="size">Bytes: 1, 2, 4.</param>
    /// <param name="value">The bytes, most significant first.</param>
    /// <returns>False when they are not all there.</returns>
    public static bool TryLoad(ClassicPacket packet, int offset, int size, out uint value)
    {
        value = 0;
        long place = offset switch
        {
            >= 0 => offset,
            >= ClassicOffsets.NetworkHeader => (long)offset - ClassicOffsets.NetworkHeader - packet.PayloadOffset,
            >= ClassicOffsets.LinkLayerHeader => (long)offset - ClassicOffsets.LinkLayerHeader - packet.PayloadOffset - ClassicPacket.LinkLayerLength,
            _ => long.MaxValue,
        };
        if (place > packet.PayloadLength - size)
        {
            return false;
        }

        for (int i = 0; i < size; i++)
        {
            value = (value << 8) | packet[(int)place + i];
        }

        return true;
    }

    private static uint Ancillary(ClassicPacket packet, int datum, uint a, uint x) => datum switch
    {
        ClassicOffsets.Protocol => packet.Protocol,
        ClassicOffsets.PacketType => packet.PacketType,
        ClassicOffsets.InterfaceIndex => packet.InterfaceIndex,
        ClassicOffsets.NetlinkAttribute => FindAttribute(packet, a, x, isNested: false),
        ClassicOffsets.NestedNetlinkAttribute => FindAttribute(packet, a, x, isNested: true),
        ClassicOffsets.Mark => packet.Mark,
        ClassicOffsets.Queue => packet.Queue,
        ClassicOffsets.HardwareType => packet.HardwareType,
        ClassicOffsets.ReceiveHash => packet.ReceiveHash,
        ClassicOffsets.Cpu => packet.Cpu,
        ClassicOffsets.XorIndex => a ^ x,
        ClassicOffsets.VlanTag => packet.VlanTag,
        ClassicOffsets.VlanTagPresent => packet.VlanProtocol != 0 ? 1u : 0,
        ClassicOffsets.PayloadOffset => PayloadOffset(packet),
        ClassicOffsets.Random => packet.Random(),
        _ => packet.VlanProtocol,
    };

    /// <summary>
    /// skb_get_poff. The headers are behind the start of the data, which the kernel's 16 bits for the transport header's place do not hold: it takes the end
    /// of the packet for it, and adds the length of a UDP header.
    /// </summary>
    private static uint PayloadOffset(ClassicPacket packet) => (uint)packet.PayloadLength + (packet.IsTcp ? 0u : 8);

    /// <summary>The place of the attribute of type X among those from A on, or in the one at A; 0 when there is none. (bpf_skb_get_nlattr, nla_find)</summary>
    private static uint FindAttribute(ClassicPacket packet, uint start, uint type, bool isNested)
    {
        const int Header = 4;
        if (!packet.IsLinear || packet.PayloadLength < Header || start > packet.PayloadLength - Header)
        {
            return 0;
        }

        int at = (int)start;
        int left = packet.PayloadLength - at;
        if (isNested)
        {
            int length = Half(packet, at);
            if (length > left)
            {
                return 0;
            }

            at += Header;
            left = length - Header;
        }

        while (left >= Header)
        {
            const int TypeMask = 0x3fff;
            int length = Half(packet, at);
            if (length < Header || length > left)
            {
                return 0;
            }

            if ((Half(packet, at + 2) & TypeMask) == (int)type)
            {
                return (uint)at;
            }

            int aligned = (length + 3) & ~3;
            at += aligned;
            left -= aligned;
        }

        return 0;
    }

    private static int Half(ClassicPacket packet, int at) => packet[at] | (packet[at + 1] << 8);
}
