using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Maps;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Programs;

/// <summary>
/// Runs SK_REUSEPORT programs: builds the context (<c>struct sk_reuseport_md</c>) from a packet, serves the helpers that need packet and sockets
/// (26, 46, 68, 82), keeps the selection. One object serves all packets of a host, one at a time, and allocates nothing for them.
/// (bpf_run_sk_reuseport, sk_select_reuseport, sk_reuseport_load_bytes in net/core/filter.c)
/// </summary>
internal sealed class ReuseportRun
{
    /// <summary>SK_PASS: the one result that is not a drop.</summary>
    public const uint Pass = 1;

    /// <summary>Offset of <c>sk</c> in the context.</summary>
    public const short SocketOffset = 40;

    /// <summary>Offset of <c>migrating_sk</c> in the context.</summary>
    public const short MigratingSocketOffset = 48;

    private const int ContextLength = 56;
    private const int SocketLength = 80;
    private const int MacLength = 14;
    private const uint EtherTypeV4 = 0x0008; // Network order, as the bytes lie.
    private const uint EtherTypeV6 = 0xdd86;

    private readonly Machine _machine;
    private readonly HelperTable _helpers = HelperTable.CreateDefault();
    private readonly HelperImplementation _updateMap;
    private readonly SimulatorBackend _backend;
    private readonly byte[] _context = new byte[ContextLength];
    private readonly byte[] _socketBytes = new byte[SocketLength];
    private readonly byte[] _migratingBytes = new byte[SocketLength];
    private readonly ulong _socketAddress;
    private readonly ulong _migratingAddress;
    private byte[] _padded = [];
    private Selection[] _selections = new Selection[8];
    private int _selectionCount;

    private ReuseportGroup? _group;
    private Sock? _socket;
    private Sock? _migrating;
    private ReadOnlyMemory<byte> _data;
    private int _transportOffset;
    private int _transportLength;
    private int _linearLength;

    public ReuseportRun(SimulatorBackend backend, ulong randomSeed)
    {
        _backend = backend;
        _updateMap = _helpers.Find(HelperId.MapUpdateElement)!;
        _helpers
            .Set(HelperId.MapUpdateElement, UpdateMap)
            .Set(HelperId.SkbLoadBytes, LoadBytes)
            .Set(HelperId.GetSocketCookie, GetCookie)
            .Set(HelperId.SkbLoadBytesRelative, LoadBytesRelative)
            .Set(HelperId.SkSelectReuseport, Select);
        _machine = new Machine(_helpers, new ExecutionEnvironment { RandomState = randomSeed });
        _machine.Context.SetFlat(_context, 0, backend.Behavior.Migrates ? ContextLength : SocketOffset, writable: false);
        _socketAddress = AddSocketRegion("the socket", _socketBytes);
        _migratingAddress = AddSocketRegion("the migrating socket", _migratingBytes);
    }

    /// <summary>What the program returned, as the kernel compares it.</summary>
    public uint Result { get; private set; }

    /// <summary>The socket that it selected, or null.</summary>
    public Sock? Selected { get; private set; }

    /// <summary>r0 at exit.</summary>
    public ulong ReturnValue { get; private set; }

    public long Instructions { get; private set; }

    /// <summary>What a program can ask of the host: one object, with the values of the last run.</summary>
    public ExecutionEnvironment Environment => _machine.Environment;

    /// <summary>Steps of each run to be recorded; 0 records nothing.</summary>
    public int TracedSteps { get; set; }

    /// <summary>The steps of the last run that was recorded.</summary>
    public ExecutionTrace? Trace { get; private set; }

    /// <summary>Why the run has no result, or null.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>Its calls of helper 82.</summary>
    public ReadOnlySpan<Selection> Selections => _selections.AsSpan(0, _selectionCount);

    public bool HasHelper(int id) => (id == HelperId.TailCall || _helpers.Find(id) is not null) && _backend.Behavior.HasHelper(id);

    /// <summary>Runs a program for a packet. False when it ends in a fault.</summary>
    /// <param name="program">The program.</param>
    /// <param name="group">The group that is asked.</param>
    /// <param name="socket">The member that the lookup met first: <c>ctx->sk</c>.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="length">Bytes of transport header and payload: <c>ctx->len</c>.</param>
    /// <param name="linearLength">How many of them the program reaches directly.</param>
    /// <param name="hash">The flow's hash.</param>
    /// <param name="cpu">CPU that it runs on.</param>
    /// <param name="migrating">The request that the packet came for, when its listener stopped: <c>ctx->migrating_sk</c>.</param>
    public bool Run(
        KernelProgram program, ReuseportGroup group, Sock socket, in Packet packet, int length, int linearLength, uint hash, int cpu, Sock? migrating = null)
    {
        _data = packet.Data;
        _transportOffset = packet.TransportOffset;
        _transportLength = length;
        _linearLength = linearLength;
        ShowPacket();
        uint etherType = packet.Flow.Family == IpFamily.V4 ? EtherTypeV4 : EtherTypeV6;
        return Run(program, group, socket, migrating, etherType, (uint)packet.Flow.Protocol, hash, cpu);
    }

    /// <summary>Runs a program for a connection whose listener stopped: there is no packet. False when it ends in a fault.</summary>
    public bool RunForMigration(KernelProgram program, ReuseportGroup group, Sock listener, Sock child, uint hash, int cpu)
    {
        _data = default;
        _transportOffset = _transportLength = _linearLength = 0;
        _machine.Packet.Clear();
        return Run(program, group, listener, child, 0, (uint)TransportProtocol.Tcp, hash, cpu);
    }

    private bool Run(
        KernelProgram program, ReuseportGroup group, Sock socket, Sock? migrating, uint etherType, uint protocol, uint hash, int cpu)
    {
        _group = group;
        _socket = socket;
        _migrating = migrating;
        Selected = null;
        _selectionCount = 0;

        Span<byte> context = _context;
        BinaryPrimitives.WriteUInt64LittleEndian(context, Machine.PacketAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(context[8..], Machine.PacketAddress + (uint)_linearLength);
        BinaryPrimitives.WriteUInt32LittleEndian(context[16..], (uint)_transportLength);
        BinaryPrimitives.WriteUInt32LittleEndian(context[20..], etherType);
        BinaryPrimitives.WriteUInt32LittleEndian(context[24..], protocol);
        BinaryPrimitives.WriteUInt32LittleEndian(context[28..], group.BindInAny ? 1u : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(context[32..], hash);
        BinaryPrimitives.WriteUInt64LittleEndian(context[SocketOffset..], _socketAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(context[MigratingSocketOffset..], migrating is null ? 0 : _migratingAddress);
        if (program.ReadsSocket)
        {
            Describe(socket, _socketBytes);
            if (migrating is not null)
            {
                Describe(migrating, _migratingBytes);
            }
        }

        ExecutionEnvironment environment = Environment;
        ulong now = (ulong)_backend.Nanoseconds;
        environment.Cpu = cpu;
        environment.NumaNode = _backend.NumaNodeOf(cpu);
        environment.MonotonicTime = environment.BootTime = environment.CoarseTime = environment.TaiTime = now;
        Trace = TracedSteps > 0 ? _machine.Trace(program.Loaded, TracedSteps) : null;
        RunResult run = Trace?.Result ?? program.Run(_machine);
        ReturnValue = run.ReturnValue;
        Result = (uint)run.ReturnValue;
        Instructions = run.InstructionCount;
        Fault = run.Fault;
        return run.Succeeded;
    }

    /// <summary>Fields of <c>struct bpf_sock</c> that a program reads of a group member.</summary>
    private static void Describe(Sock sock, Span<byte> bytes)
    {
        const uint NoQueue = uint.MaxValue;
        bool isV4 = sock.Family == IpFamily.V4;
        bytes.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)sock.InterfaceIndex);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], isV4 ? 2u : 10);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], sock.Protocol == TransportProtocol.Tcp ? 1u : 2);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], (uint)sock.Protocol);
        if (isV4 || TableAddress.IsMapped(sock.Address))
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[24..], (uint)sock.Address);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[52..], sock.PeerV4 != 0 ? sock.PeerV4 : (uint)sock.PeerAddress);
        }

        if (!isV4)
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes[28..], sock.Address);
            BinaryPrimitives.WriteUInt128BigEndian(bytes[56..], sock.PeerAddress);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes[44..], sock.Port);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[48..], sock.PeerPort);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[72..], (uint)sock.State);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[76..], NoQueue);
    }

    private static ulong Negate(Errno errno) => (ulong)-(long)errno;

    private ulong AddSocketRegion(string name, byte[] bytes)
    {
        MemoryRegion region = new(name);
        region.SetFlat(bytes, 0, bytes.Length, writable: false);
        return _machine.AddRegion(region);
    }

    private void ShowPacket()
    {
        int end = _transportOffset + _linearLength;
        if (end <= _data.Length && MemoryMarshal.TryGetArray(_data, out ArraySegment<byte> segment))
        {
            _machine.Packet.SetFlat(segment.Array!, segment.Offset + _transportOffset, _linearLength, writable: false);
            return;
        }

        // What a capture cut off reads as zeros.
        if (_padded.Length < _linearLength)
        {
            _padded = new byte[Math.Max(_linearLength, 65536)];
        }

        ReadTransport(0, _padded.AsSpan(0, _linearLength));
        _machine.Packet.SetFlat(_padded, 0, _linearLength, writable: false);
    }

    private void ReadTransport(int offset, Span<byte> to) => ReadData(_transportOffset + offset, to);

    private void ReadData(int offset, Span<byte> to)
    {
        int available = Math.Clamp(_data.Length - offset, 0, to.Length);
        if (available > 0)
        {
            _data.Span.Slice(offset, available).CopyTo(to);
        }

        to[available..].Clear();
    }

    private bool IsContext(ulong address)
    {
        if (address == Machine.ContextAddress)
        {
            return true;
        }

        _machine.Fail(FaultKind.BadArgument, address, $"0x{address:x} is not the context");
        return false;
    }

    /// <summary>Helper 26: bytes from the transport header on, fragments included.</summary>
    private ulong LoadBytes(Machine machine, ulong context, ulong offset, ulong to, ulong length, ulong unused)
    {
        if (!IsContext(context) || !machine.TryWrite(to, (int)(uint)length, out Span<byte> bytes))
        {
            return 0;
        }

        uint start = (uint)offset;
        if (start > int.MaxValue || (ulong)start + (uint)bytes.Length > (uint)_transportLength)
        {
            bytes.Clear();
            return Negate(Errno.EFAULT);
        }

        ReadTransport((int)start, bytes);
        return 0;
    }

    /// <summary>Helper 68: bytes from the MAC (0) or network (1) header on, to the end of the linear part.</summary>
    private ulong LoadBytesRelative(Machine machine, ulong context, ulong offset, ulong to, ulong length, ulong startHeader)
    {
        if (!IsContext(context) || !machine.TryWrite(to, (int)(uint)length, out Span<byte> bytes))
        {
            return 0;
        }

        const uint LargestOffset = 0xffff;
        int headerLength = startHeader switch { 0 => MacLength, 1 => 0, _ => -1 };
        uint start = (uint)offset;
        long end = headerLength + _transportOffset + _linearLength;
        if (headerLength < 0 || start > LargestOffset || _data.IsEmpty || (ulong)start + (uint)bytes.Length > (ulong)end)
        {
            bytes.Clear();
            return Negate(Errno.EFAULT);
        }

        // Loopback's MAC header: two zero addresses and the EtherType.
        Span<byte> mac = stackalloc byte[MacLength];
        mac.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(mac[12..], BinaryPrimitives.ReadUInt16LittleEndian(_context.AsSpan(20)));
        int fromMac = Math.Clamp(headerLength - (int)start, 0, bytes.Length);
        if (fromMac > 0)
        {
            mac.Slice((int)start, fromMac).CopyTo(bytes);
        }

        ReadData((int)start + fromMac - headerLength, bytes[fromMac..]);
        return 0;
    }

    /// <summary>Helper 46: SO_COOKIE of <c>ctx->sk</c> or <c>ctx->migrating_sk</c>; 0 for NULL.</summary>
    private ulong GetCookie(Machine machine, ulong socket, ulong unused2, ulong unused3, ulong unused4, ulong unused5)
    {
        if (socket == _socketAddress)
        {
            return _socket!.Cookie;
        }

        if (socket == _migratingAddress && _migrating is not null)
        {
            return _migrating.Cookie;
        }

        if (socket != 0)
        {
            machine.Fail(FaultKind.BadArgument, socket, $"0x{socket:x} is not a socket");
        }

        return 0;
    }

    /// <summary>Helper 2: a SOCKMAP or SOCKHASH takes <c>ctx->sk</c> for the value.</summary>
    private ulong UpdateMap(Machine machine, ulong mapAddress, ulong key, ulong value, ulong flags, ulong unused)
    {
        if (!machine.TryGetMap(mapAddress, out BpfMap? map))
        {
            return 0;
        }

        if (map is not PsockMap sockets)
        {
            return _updateMap(machine, mapAddress, key, value, flags, unused);
        }

        if (value != _socketAddress)
        {
            machine.Fail(FaultKind.BadArgument, value, $"0x{value:x} is not the socket of the context");
            return 0;
        }

        return machine.TryRead(key, map.Spec.KeySize, out ReadOnlySpan<byte> keyBytes) ? Negate(sockets.UpdateFromProgram(keyBytes, _socket!, flags)) : 0;
    }

    /// <summary>Helper 82: the checks in the kernel's order (semantics §5). The flags are ignored; a failed call leaves an earlier selection.</summary>
    private ulong Select(Machine machine, ulong context, ulong mapAddress, ulong key, ulong flags, ulong unused)
    {
        if (!IsContext(context) || !machine.TryGetMap(mapAddress, out BpfMap? map))
        {
            return 0;
        }

        if (map is not SocketMap sockets)
        {
            machine.Fail(FaultKind.BadArgument, mapAddress, $"map '{map.Spec.Name}' ({map.Spec.Type}) holds no sockets");
            return 0;
        }

        if (!machine.TryRead(key, map.Spec.KeySize, out ReadOnlySpan<byte> keyBytes))
        {
            return 0;
        }

        uint index = keyBytes.Length < sizeof(uint) ? keyBytes[0] : BinaryPrimitives.ReadUInt32LittleEndian(keyBytes);
        Sock? found = sockets.Find(keyBytes);
        Errno error = found is null ? Errno.ENOENT
            : found.Group is not { } group ? sockets.NoGroup
            : group.Id == _group!.Id ? Errno.None
            : found.Protocol != _socket!.Protocol ? Errno.EPROTOTYPE
            : found.Family != _socket.Family ? Errno.EAFNOSUPPORT
            : Errno.EBADFD;
        if (error == Errno.None)
        {
            Selected = found;
        }

        if (_selectionCount == _selections.Length)
        {
            Array.Resize(ref _selections, _selections.Length * 2);
        }

        _selections[_selectionCount++] = new Selection(map.Id, index, error, found?.Cookie ?? 0);
        return Negate(error);
    }
}
