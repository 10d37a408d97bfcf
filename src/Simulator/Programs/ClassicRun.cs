using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Programs;

/// <summary>
/// Runs classic programs of groups: the transport header is pulled, so that offset 0 is the payload (run_bpf_filter in net/core/sock_reuseport.c).
/// One object serves all packets of a host, one at a time. The hash of the buffer, its mark and VLAN tag are 0 here: on loopback a sender may set the first two.
/// </summary>
internal sealed class ClassicRun
{
    private const ushort EthernetDevice = 1;
    private const ushort LoopbackDevice = 772;
    private const int UdpHeaderLength = 8;
    private const ushort EtherTypeV4 = 0x0800;
    private const ushort EtherTypeV6 = 0x86dd;

    private readonly ClassicPacket _packet;

    public ClassicRun(Xoshiro256 random) => _packet = new ClassicPacket { Random = random.NextUInt32 };

    /// <summary>The index that the program returns for a packet.</summary>
    public uint Run(ClassicProgram program, in Packet packet, int length, int linearLength, int cpu, int interfaceIndex)
    {
        bool isTcp = packet.Flow.Protocol == TransportProtocol.Tcp;
        int header = isTcp ? Math.Min(LinearLength.TcpHeader(packet), length) : UdpHeaderLength;
        _packet.Data = packet.Data;
        _packet.PayloadOffset = packet.TransportOffset + header;
        _packet.PayloadLength = length - header;
        _packet.IsTcp = isTcp;
        _packet.IsLinear = linearLength >= length;
        _packet.Protocol = packet.Flow.Family == IpFamily.V4 ? EtherTypeV4 : EtherTypeV6;
        _packet.InterfaceIndex = (uint)interfaceIndex;
        _packet.HardwareType = interfaceIndex == SimulatedNamespace.LoopbackIndex ? LoopbackDevice : EthernetDevice;
        _packet.Cpu = (uint)cpu;
        return ClassicMachine.Run(program, _packet);
    }
}
