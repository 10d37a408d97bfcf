using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Netlink;
using ReuseportPS.Linux.Sockets;

namespace ReuseportPS.Bench;

/// <summary>
/// Adoption and a policy as a bare loop of the system calls that they need, and no more: what <see cref="AdoptCommand"/> measures this project against. It knows the process and has its buffers, code
/// and names made beforehand; it looks at nothing twice, asks nobody whether a program is attached, takes no lock, and undoes nothing.
/// <para>Adoption: one sock_diag dump of the port (socket, sendto, recvfrom, close); one walk over the descriptors of the process (openat, getdents64, readlinkat of each, close); pidfd_open; the seats
/// (BPF_MAP_CREATE); for each socket pidfd_getfd, SO_COOKIE, SO_REUSEPORT, BPF_MAP_UPDATE_ELEM and close; the program that passes (BPF_PROG_LOAD); the folder (mkdirat); the state (BPF_MAP_CREATE,
/// BPF_MAP_UPDATE_ELEM); the pins of seats, program and state (BPF_OBJ_PIN); the attachment through one of the copies (setsockopt); close of the process.</para>
/// <para>A policy: each of its maps (BPF_MAP_CREATE); for each bank its tables and lists (BPF_MAP_CREATE, BPF_MAP_UPDATE_BATCH, BPF_MAP_UPDATE_ELEM of the outer map, close); its program (BPF_PROG_LOAD);
/// one member (pidfd_open, pidfd_getfd, SO_COOKIE, close of both); the pins of maps and program; the attachment; the state anew (BPF_MAP_CREATE, BPF_MAP_UPDATE_ELEM, BPF_OBJ_PIN, renameat2 over the one
/// before, close); the former program's pin gone (unlinkat).</para>
/// </summary>
internal sealed unsafe class BareAdoption : IDisposable
{
    private const int StateLength = 512;

    private static readonly MapSpec s_state = new("state", MapType.Array, 4, StateLength, 1);

    private readonly TransportProtocol _protocol;
    private readonly int _processId;
    private readonly int[] _descriptors;
    private readonly CompiledPolicy _policy;
    private readonly byte[] _passing;
    private readonly byte[] _steering;
    private readonly byte[] _request;
    private readonly byte[] _buffer = Pinned(1 << 16);
    private readonly byte[] _link = Pinned(64);
    private readonly byte[] _key = Pinned(4);
    private readonly byte[] _value = Pinned(StateLength);
    private readonly byte[] _license = Text(PassingProgram.Spec.License);
    private readonly byte[] _processDirectory;
    private readonly byte[] _folder;
    private readonly Dictionary<string, byte[]> _pins = [];
    private readonly Dictionary<MapSpec, (byte[] Keys, byte[] Values)> _contents = new(ReferenceEqualityComparer.Instance);
    private readonly List<nint> _open = [];
    private nint _seats;

    /// <summary>Prepares everything that is no system call.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="port">The port of the sockets.</param>
    /// <param name="processId">The process that holds them.</param>
    /// <param name="policy">The policy, compiled for as many slots.</param>
    /// <param name="folder">A directory of a BPF file system that is not there yet.</param>
    public BareAdoption(TransportProtocol protocol, int port, int processId, CompiledPolicy policy, string folder)
    {
        (_protocol, _processId, _policy) = (protocol, processId, policy);
        HashSet<ulong> inodes = [.. new SocketFinder(LinuxNamespace.OfThisThread()).Find(new(protocol, port, WithOwners: false)).Select(found => found.Inode)];
        Dictionary<ulong, List<SocketOwner>> owners = [];
        _ = OpenDescriptors.TryAddOwners(processId, inodes, owners);
        _descriptors = [.. owners.OrderBy(owner => owner.Key).Select(owner => owner.Value[0].FileDescriptor)];
        NetlinkMessage message = new(NetlinkConstants.SOCK_DIAG_BY_FAMILY, NetlinkConstants.NLM_F_REQUEST | NetlinkConstants.NLM_F_DUMP, 1);
        InetDiagMessage.WriteRequest(message, protocol, IpFamily.V4, port);
        _request = Pinned(message.ToArray());
        _processDirectory = Text(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd"));
        _folder = Text(folder);
        _passing = Encoded(PassingProgram.Spec);
        _steering = Encoded(policy.Program);
        foreach (string name in (string[])["seats", "pass", "policy", "state", "state_new", .. policy.Program.Maps.Select(map => map.Name)])
        {
            _pins[name] = Text(folder + "/" + name);
        }

        foreach (MapSpec map in policy.Bank.Tables.Concat(policy.Bank.Lists))
        {
            _contents[map] = (Pinned([.. map.GetEntries().SelectMany(entry => entry.Key)]), Pinned([.. map.GetEntries().SelectMany(entry => entry.Value)]));
        }
    }

    /// <summary>Sockets that are adopted.</summary>
    public int Count => _descriptors.Length;

    /// <summary>The calls of an adoption.</summary>
    public void Adopt()
    {
        Dump();
        Walk();
        nint process = Call(Syscall.pidfd_open, _processId);
        _seats = Keep(CreateMap(PassingProgram.Spec.Maps[0]));
        nint program = 0;
        for (int slot = 0; slot < _descriptors.Length; slot++)
        {
            nint socket = Call(Syscall.pidfd_getfd, process, _descriptors[slot]);
            _ = Option(socket, SocketConstants.SO_COOKIE, sizeof(ulong));
            _ = Option(socket, SocketConstants.SO_REUSEPORT, sizeof(int));
            Update(_seats, slot, socket, sizeof(ulong));
            if (slot == _descriptors.Length - 1)
            {
                program = Load(PassingProgram.Spec, _passing, [_seats]);
                Call(Syscall.mkdirat, Sys.AT_FDCWD, Address(_folder), 0x1c0);
                nint state = CreateMap(s_state);
                UpdateState(state);
                Pin(_seats, "seats");
                Pin(program, "pass");
                Pin(state, "state");
                Attach(socket, program);
                Close(state);
            }

            Close(socket);
        }

        Close(process);
        Keep(program);
    }

    /// <summary>The calls of a policy.</summary>
    public void Apply()
    {
        nint* maps = stackalloc nint[_policy.Program.Maps.Length];
        for (int index = 0; index < _policy.Program.Maps.Length; index++)
        {
            MapSpec spec = _policy.Program.Maps[index];
            bool isOuter = spec.Inner is not null;
            ImmutableArray<MapSpec> inner = index == _policy.Maps.Tables ? _policy.Bank.Tables : index == _policy.Maps.Lists ? _policy.Bank.Lists : [];
            for (int at = 0; isOuter && at < 2 * inner.Length; at++)
            {
                MapSpec data = inner[at % inner.Length];
                nint table = CreateMap(data);
                (byte[] keys, byte[] values) = _contents[data];
                MapBatchAttributes batch = new() { map_fd = (int)table, keys = (ulong)Address(keys), values = (ulong)Address(values), count = (uint)(keys.Length / data.KeySize) };
                if (keys.Length > 0)
                {
                    Call(Syscall.bpf, (int)BpfCommand.BPF_MAP_UPDATE_BATCH, (nint)(&batch), sizeof(MapBatchAttributes));
                }

                // The first of the tables is the template, too.
                if (at == 0)
                {
                    maps[index] = Keep(CreateMap(spec, table));
                }

                Update(maps[index], at, table, sizeof(uint));
                Close(table);
            }

            if (!isOuter)
            {
                maps[index] = index == _policy.Maps.Seats ? _seats : Keep(CreateMap(spec));
            }
        }

        nint program = Keep(Load(_policy.Program, _steering, new ReadOnlySpan<nint>(maps, _policy.Program.Maps.Length)));
        nint process = Call(Syscall.pidfd_open, _processId);
        nint socket = Call(Syscall.pidfd_getfd, process, _descriptors[0]);
        _ = Option(socket, SocketConstants.SO_COOKIE, sizeof(ulong));
        for (int index = 0; index < _policy.Program.Maps.Length; index++)
        {
            if (index != _policy.Maps.Seats)
            {
                Pin(maps[index], _policy.Program.Maps[index].Name);
            }
        }

        Pin(program, "policy");
        Attach(socket, program);
        Close(socket);
        Close(process);
        nint state = CreateMap(s_state);
        UpdateState(state);
        Pin(state, "state_new");
        Call(Syscall.renameat2, Sys.AT_FDCWD, Address(_pins["state_new"]), Sys.AT_FDCWD, Address(_pins["state"]));
        Close(state);
        Call(Syscall.unlinkat, Sys.AT_FDCWD, Address(_pins["pass"]));
    }

    /// <summary>Takes everything away again; no part of the measurement.</summary>
    public void Clean()
    {
        nint process = Sys.Invoke(Syscall.pidfd_open, _processId);
        nint socket = Sys.Invoke(Syscall.pidfd_getfd, process, _descriptors[0]);
        int nothing = 0;
        _ = Sys.Invoke(Syscall.setsockopt, socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_DETACH_REUSEPORT_BPF, (nint)(&nothing), sizeof(int));
        foreach (nint descriptor in (nint[])[socket, process, .. _open])
        {
            _ = Sys.Invoke(Syscall.close, descriptor);
        }

        _open.Clear();
        foreach (byte[] pin in _pins.Values)
        {
            _ = Sys.Invoke(Syscall.unlinkat, Sys.AT_FDCWD, Address(pin));
        }

        _ = Sys.Invoke(Syscall.unlinkat, Sys.AT_FDCWD, Address(_folder), Sys.AT_REMOVEDIR);
    }

    /// <inheritdoc/>
    public void Dispose() => Clean();

    private void Dump()
    {
        nint netlink = Call(Syscall.socket, SocketConstants.AF_NETLINK, SocketConstants.SOCK_RAW, SocketConstants.NETLINK_SOCK_DIAG);
        Call(Syscall.sendto, netlink, Address(_request), _request.Length);
        bool isDone = false;
        while (!isDone)
        {
            nint length = Call(Syscall.recvfrom, netlink, Address(_buffer), _buffer.Length);
            for (int at = 0; at < length && !isDone; at += ((int)BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(at)) + 3) & ~3)
            {
                isDone = BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(at + 4)) is NetlinkConstants.NLMSG_DONE or NetlinkConstants.NLMSG_ERROR;
            }
        }

        Close(netlink);
    }

    private void Walk()
    {
        nint directory = Call(Syscall.openat, Sys.AT_FDCWD, Address(_processDirectory), Sys.O_RDONLY | Sys.O_CLOEXEC);
        nint filled;
        while ((filled = Call(Syscall.getdents64, directory, Address(_buffer), _buffer.Length)) > 0)
        {
            for (int at = 0; at < filled; at += BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(at + 16)))
            {
                if (_buffer[at + 19] != (byte)'.')
                {
                    Call(Syscall.readlinkat, directory, Address(_buffer) + at + 19, Address(_link), _link.Length);
                }
            }
        }

        Close(directory);
    }

    private static nint CreateMap(MapSpec spec, nint template = 0)
    {
        MapCreateAttributes attributes = new()
        {
            map_type = (uint)spec.Type,
            key_size = (uint)spec.KeySize,
            value_size = (uint)spec.ValueSize,
            max_entries = (uint)spec.MaxEntries,
            map_flags = (uint)spec.Flags,
            inner_map_fd = (int)template,
        };
        return Call(Syscall.bpf, (int)BpfCommand.BPF_MAP_CREATE, (nint)(&attributes), sizeof(MapCreateAttributes));
    }

    private void Update(nint map, int index, nint descriptor, int size)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_key, index);
        if (size == sizeof(uint))
        {
            BinaryPrimitives.WriteInt32LittleEndian(_value, (int)descriptor);
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(_value, descriptor);
        }

        Update(map);
    }

    private void UpdateState(nint map)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_key, 0);
        Update(map);
    }

    private void Update(nint map)
    {
        MapElementAttributes attributes = new() { map_fd = (int)map, key = (ulong)Address(_key), value = (ulong)Address(_value) };
        Call(Syscall.bpf, (int)BpfCommand.BPF_MAP_UPDATE_ELEM, (nint)(&attributes), sizeof(MapElementAttributes));
    }

    // The code has the index of a map where its descriptor goes.
    private nint Load(ProgramSpec spec, byte[] code, ReadOnlySpan<nint> maps)
    {
        int slot = 0;
        foreach (Instruction instruction in spec.Instructions)
        {
            if (instruction.IsWide && (WideLoadKind)instruction.Source is WideLoadKind.Map or WideLoadKind.MapValue)
            {
                BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan((slot * InstructionCodec.SlotSize) + 4), (int)maps[instruction.Immediate]);
            }

            slot += instruction.IsWide ? 2 : 1;
        }

        ProgramLoadAttributes attributes = new()
        {
            prog_type = (uint)spec.Type,
            insn_cnt = (uint)(code.Length / InstructionCodec.SlotSize),
            insns = (ulong)Address(code),
            license = (ulong)Address(_license),
            expected_attach_type = (uint)spec.ExpectedAttachType,
        };
        return Call(Syscall.bpf, (int)BpfCommand.BPF_PROG_LOAD, (nint)(&attributes), sizeof(ProgramLoadAttributes));
    }

    private void Pin(nint descriptor, string name)
    {
        ObjectPathAttributes attributes = new() { pathname = (ulong)Address(_pins[name]), bpf_fd = (int)descriptor };
        Call(Syscall.bpf, (int)BpfCommand.BPF_OBJ_PIN, (nint)(&attributes), sizeof(ObjectPathAttributes));
    }

    private nint Option(nint socket, int option, int length) =>
        Call(Syscall.getsockopt, socket, SocketConstants.SOL_SOCKET, option, Address(_link), (nint)(&length));

    private static void Attach(nint socket, nint program)
    {
        int descriptor = (int)program;
        Call(Syscall.setsockopt, socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_ATTACH_REUSEPORT_EBPF, (nint)(&descriptor), sizeof(int));
    }

    private static void Close(nint descriptor) => Call(Syscall.close, descriptor);

    private nint Keep(nint descriptor)
    {
        _open.Add(descriptor);
        return descriptor;
    }

    private static nint Call(Syscall call, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0)
    {
        nint result = Sys.Invoke(call, a, b, c, d, e);
        return result >= 0 ? result : throw new InvalidOperationException($"{call} of the bare calls answers {result}.");
    }

    private static byte[] Encoded(ProgramSpec spec) => Pinned(InstructionCodec.Encode([.. spec.Instructions]));

    private static byte[] Text(string text) => Pinned(Encoding.UTF8.GetBytes(text + '\0'));

    private static byte[] Pinned(int length) => GC.AllocateArray<byte>(length, pinned: true);

    private static byte[] Pinned(byte[] bytes)
    {
        byte[] pinned = Pinned(bytes.Length);
        bytes.CopyTo(pinned, 0);
        return pinned;
    }

    private static nint Address(byte[] pinned) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
