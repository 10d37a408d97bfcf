using System.Buffers.Binary;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;

namespace ReuseportPS.Simulator.Programs;

/// <summary>
/// Runs SOCKET_FILTER programs of groups: the result is the index of a member, and as for a classic program offset 0 is the payload
/// (run_bpf_filter in net/core/sock_reuseport.c). Of the context (<c>struct __sk_buff</c>) the length, the protocol and the device are filled in; the buffer
/// has no mark, no hash, no VLAN tag here. One object serves all packets of a host, one at a time.
/// </summary>
internal sealed class SocketFilterRun
{
    private const int ContextLength = 192;
    private const int LengthOffset = 0;
    private const int ProtocolOffset = 16;
    private const int IngressDeviceOffset = 36;
    private const int DeviceOffset = 40;
    private const uint EtherTypeV4 = 0x0008; // Network order, as the bytes lie.
    private const uint EtherTypeV6 = 0xdd86;

    private readonly HelperTable _helpers = HelperTable.CreateDefault();
    private readonly Machine _machine;
    private readonly SimulatorBackend _backend;
    private readonly byte[] _context = new byte[ContextLength];
    private readonly ClassicPacket _packet = new();
    private ReadOnlyMemory<byte> _payload;
    private int _length;

    public SocketFilterRun(SimulatorBackend backend, ulong randomSeed)
    {
        _backend = backend;
        _helpers.Set(HelperId.SkbLoadBytes, LoadBytes);
        for (int power = 0; power < 3; power++)
        {
            int size = 1 << power;
            _helpers.Set(PacketLoads.FirstHelper + power, (machine, context, offset, _, _, _) => LoadValue(machine, context, offset, size));
        }

        _machine = new Machine(_helpers, new ExecutionEnvironment { RandomState = randomSeed });
        _machine.Context.SetFlat(_context, 0, ContextLength, writable: true);
    }

    public bool HasHelper(int id) => id == HelperId.TailCall || (id < PacketLoads.FirstHelper && _helpers.Find(id) is not null);

    /// <summary>The program's outcome for a packet: the index is its result, as 32 bits.</summary>
    public RunResult Run(KernelProgram program, in Packet packet, int length, int cpu, int interfaceIndex)
    {
        bool isTcp = packet.Flow.Protocol == TransportProtocol.Tcp;
        int header = isTcp ? Math.Min(LinearLength.TcpHeader(packet), length) : PacketWriter.UdpHeaderLength;
        int start = Math.Min(packet.TransportOffset + header, packet.Data.Length);
        _length = length - header;
        _payload = packet.Data.Slice(start, Math.Min(_length, packet.Data.Length - start));
        _packet.Data = packet.Data;
        _packet.PayloadOffset = packet.TransportOffset + header;
        _packet.PayloadLength = _length;
        _packet.Protocol = BinaryPrimitives.ReverseEndianness((ushort)(packet.Flow.Family == IpFamily.V4 ? EtherTypeV4 : EtherTypeV6));
        Array.Clear(_context);
        Span<byte> context = _context;
        BinaryPrimitives.WriteUInt32LittleEndian(context[LengthOffset..], (uint)_length);
        BinaryPrimitives.WriteUInt32LittleEndian(context[ProtocolOffset..], packet.Flow.Family == IpFamily.V4 ? EtherTypeV4 : EtherTypeV6);
        BinaryPrimitives.WriteUInt32LittleEndian(context[IngressDeviceOffset..], (uint)interfaceIndex);
        BinaryPrimitives.WriteUInt32LittleEndian(context[DeviceOffset..], (uint)interfaceIndex);

        ExecutionEnvironment environment = _machine.Environment;
        ulong now = (ulong)_backend.Nanoseconds;
        environment.Cpu = cpu;
        environment.MonotonicTime = environment.BootTime = environment.CoarseTime = environment.TaiTime = now;
        return _machine.Run(program.Loaded);
    }

    /// <summary>A packet load: the value, or -EFAULT.</summary>
    private ulong LoadValue(Machine machine, ulong context, ulong offset, int size)
    {
        if (context != Machine.ContextAddress)
        {
            machine.Fail(FaultKind.BadArgument, context, "a packet load needs the context in r6");
            return 0;
        }

        return ClassicMachine.TryLoad(_packet, (int)(uint)offset, size, out uint value) ? value : unchecked((ulong)-(long)Errno.EFAULT);
    }

    /// <summary>Helper 26: bytes of the payload; what a capture cut off reads as zeros.</summary>
    private ulong LoadBytes(Machine machine, ulong context, ulong offset, ulong to, ulong length, ulong unused)
    {
        if (context != Machine.ContextAddress)
        {
            machine.Fail(FaultKind.BadArgument, context, $"0x{context:x} is not the context");
            return 0;
        }

        if (!machine.TryWrite(to, (int)(uint)length, out Span<byte> bytes))
        {
            return 0;
        }

        uint start = (uint)offset;
        bytes.Clear();
        if (start > int.MaxValue || (ulong)start + (uint)bytes.Length > (uint)_length)
        {
            return unchecked((ulong)-(long)Errno.EFAULT);
        }

        if (start < _payload.Length)
        {
            ReadOnlySpan<byte> from = _payload.Span[(int)start..];
            from[..Math.Min(from.Length, bytes.Length)].CopyTo(bytes);
        }

        return 0;
    }
}
