using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>
/// The least of a kernel in which a policy program runs: the context, the two ways to read a packet, seats that can be selected or
/// not, both banks. The bank that is not current holds data that would decide otherwise.
/// </summary>
public sealed class PolicyHost
{
    public const int CpuCount = PolicyArrival.CpuCount;
    private const ulong Fault = unchecked((ulong)-(int)Errno.EFAULT);

    private const int ContextLength = 56;

    private readonly byte[] _context = new byte[ContextLength];
    private readonly byte[] _migrating = new byte[80];
    private readonly ulong _migratingAddress;
    private readonly Machine _machine;
    private readonly LoadedProgram _program;
    private readonly PolicyForm _form;
    private readonly CompiledProgram? _compiledProgram;
    private readonly BoundProgram? _bound;
    private readonly ImmutableArray<BpfMap> _maps;
    private readonly CompiledPolicy _policy;
    private Packet _packet;
    private int _selected;

    public PolicyHost(CompiledPolicy policy, uint epoch, ReadOnlySpan<bool> selectable, PolicyForm form = PolicyForm.Interpreted)
    {
        (_policy, _form) = (policy, form);
        _maps = [.. policy.Program.Maps.Select(Create)];
        for (int slot = 0; slot < selectable.Length; slot++)
        {
            Expect(_maps[policy.Maps.Seats].Update(Key(slot), BitConverter.GetBytes(selectable[slot] ? 1UL : 0UL)));
        }

        Fill(policy.Maps.Tables, epoch, policy.Bank.Tables, [.. policy.Bank.Tables.Select(Unlike)]);
        Fill(policy.Maps.Lists, epoch, policy.Bank.Lists, [.. policy.Bank.Lists.Select(Unlike)]);
        Expect(_maps[policy.Maps.Epoch].Update(Key(0), BitConverter.GetBytes(epoch)));
        Assert.True(LoadedProgram.TryLoad(policy.Program, _maps, out LoadedProgram? program, out ImmutableArray<Diagnostic> diagnostics), string.Join('\n', diagnostics));
        _program = program;
        _machine = new Machine(HelperTable.CreateDefault()
            .Set(HelperId.SkbLoadBytes, (machine, _, offset, to, length, _) => LoadBytes(machine, _packet.TransportOffset, offset, to, length))
            .Set(HelperId.SkbLoadBytesRelative, (machine, _, offset, to, length, header) => header == 1 ? LoadBytes(machine, 0, offset, to, length) : Fault)
            .Set(HelperId.SkSelectReuseport, Select));
        MemoryRegion region = new("the migrating socket");
        region.SetFlat(_migrating, 0, _migrating.Length, writable: false);
        _migratingAddress = _machine.AddRegion(region);
        _machine.Context.SetFlat(_context, 0, _context.Length, writable: false);
        _compiledProgram = form == PolicyForm.Interpreted ? null : CompiledProgram.Compile(_program, ContextLayout.Reuseport);
        _bound = form == PolicyForm.Bound ? _machine.Bind(_compiledProgram!, _context, ContextLength) : null;
    }

    /// <summary>Decides a packet on a CPU.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="environment">CPU, time and random numbers.</param>
    /// <param name="isMigrating">Whether it stands for a connection whose listener stopped: then there are no bytes.</param>
    public (PolicyVerdict Verdict, int Slot) Run(in Packet packet, ExecutionEnvironment environment, bool isMigrating = false)
    {
        PolicyTurn turn = PolicyTurn.Of(packet, environment, isMigrating);
        Describe(turn, _context);
        Begin(turn);
        if (_bound is not null)
        {
            ulong returned = _bound.Run(0);
            Assert.Null(_bound.Fault);
            return OutcomeOf(returned);
        }

        RunResult result = _compiledProgram is null ? _machine.Run(_program) : _machine.Run(_compiledProgram);
        Assert.True(result.Succeeded, result.Fault?.ToString());
        return OutcomeOf(result.ReturnValue);
    }

    /// <summary>Decides packets one after the other: in one batch where that is the form.</summary>
    public IReadOnlyList<(PolicyVerdict Verdict, int Slot)> Run(IReadOnlyList<PolicyTurn> turns)
    {
        if (_form != PolicyForm.Batch)
        {
            return [.. turns.Select(turn => Run(turn.Packet, turn.ToEnvironment(), turn.IsMigrating))];
        }

        byte[] contexts = new byte[turns.Count * ContextLength];
        int[] selected = new int[turns.Count];
        for (int i = 0; i < turns.Count; i++)
        {
            Describe(turns[i], contexts.AsSpan(i * ContextLength, ContextLength));
        }

        int begun = -1;
        ContextBatch batch = new(contexts, ContextLength, ContextLength, turns.Count)
        {
            BeforeItem = (_, item) =>
            {
                Leave();
                begun = item;
                Begin(turns[item]);
            },
        };
        ulong[] results = new ulong[turns.Count];
        Array.Fill(selected, -1);
        BatchResult result = _machine.Run(_compiledProgram!, batch, results);
        Leave();
        Assert.Empty(result.Faults);
        return [.. results.Select((returned, i) => OutcomeOf(returned, selected[i]))];

        void Leave()
        {
            if (begun >= 0)
            {
                selected[begun] = _selected;
            }
        }
    }

    /// <summary>Makes other data current: the maps and the program stay. The test sees to it that only data differs.</summary>
    public void Change(CompiledPolicy policy)
    {
        Assert.NotEqual(PolicyChange.Program, policy.ChangeFrom(_policy));
        Fill(policy.Maps.Tables, 0, policy.Bank.Tables, policy.Bank.Tables);
        Fill(policy.Maps.Lists, 0, policy.Bank.Lists, policy.Bank.Lists);
    }

    public void SetLoads(ReadOnlySpan<ulong> loads)
    {
        for (int slot = 0; slot < loads.Length && _policy.Maps.Loads >= 0; slot++)
        {
            Expect(_maps[_policy.Maps.Loads].Update(Key(slot), BitConverter.GetBytes(loads[slot])));
        }
    }

    /// <summary>The next sample.</summary>
    public DecisionSample TakeSample()
    {
        Assert.True(((RingBuffer)_maps[_policy.Maps.Samples]).TryConsume(out ReadOnlySpan<byte> record));
        return DecisionSample.Read(record);
    }

    public ImmutableArray<CounterReading> Counters()
    {
        BpfMap counters = _maps[_policy.Maps.Counters];
        BpfMap slots = _maps[_policy.Maps.SlotCounters];
        return _policy.Counters.Read(Lookup(counters, 0), [.. Enumerable.Range(0, _policy.SlotCount).Select(slot => Lookup(slots, slot))]);
    }

    private static (PolicyVerdict Verdict, int Slot) OutcomeOf(ulong returned, int selected)
    {
        Assert.InRange(returned, 0u, 1u);
        return returned == 0 ? (PolicyVerdict.Reject, -1) : selected < 0 ? (PolicyVerdict.Kernel, -1) : (PolicyVerdict.Slot, selected);
    }

    private (PolicyVerdict Verdict, int Slot) OutcomeOf(ulong returned) => OutcomeOf(returned, _selected);

    private void Describe(PolicyTurn turn, Span<byte> context)
    {
        BinaryPrimitives.WriteInt32LittleEndian(context[16..], turn.Packet.TransportLength);
        BinaryPrimitives.WriteInt32LittleEndian(context[20..], turn.IsMigrating ? 0 : turn.Packet.Flow.Family == IpFamily.V4 ? 0x0008 : 0xdd86);
        BinaryPrimitives.WriteInt32LittleEndian(context[24..], (int)turn.Packet.Flow.Protocol);
        BinaryPrimitives.WriteUInt64LittleEndian(context[48..], turn.IsMigrating ? _migratingAddress : 0);
    }

    private void Begin(PolicyTurn turn)
    {
        _packet = turn.Packet;
        _selected = -1;
        turn.SetTo(_machine.Environment);
        DescribeMigrating(turn.Packet.Flow);
    }

    // A connection of IPv4 may be one of a dual-stack socket: every other one is.
    private void DescribeMigrating(FlowKey flow)
    {
        Span<byte> bytes = _migrating;
        bytes.Clear();
        bool isIpv4 = flow.Family == IpFamily.V4;
        bool isMapped = isIpv4 && flow.SourcePort % 2 == 0;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], isIpv4 && !isMapped ? 2 : 10);
        if (isIpv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[24..], (uint)flow.Destination);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[52..], (uint)flow.Source);
        }

        if (!isIpv4 || isMapped)
        {
            UInt128 prefix = isMapped ? (UInt128)0xffff << 32 : 0;
            BinaryPrimitives.WriteUInt128BigEndian(bytes[28..], prefix | flow.Destination);
            BinaryPrimitives.WriteUInt128BigEndian(bytes[56..], prefix | flow.Source);
        }

        BinaryPrimitives.WriteInt32LittleEndian(bytes[44..], flow.DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[48..], flow.SourcePort);
    }

    private static byte[] Key(int index) => BitConverter.GetBytes(index);

    private static void Expect(Errno errno) => Assert.Equal(Errno.None, errno);

    private static byte[] Lookup(BpfMap map, int key)
    {
        byte[] value = new byte[map.UserValueSize];
        Expect(map.Lookup(Key(key), value));
        return value;
    }

    // A sockarray holds sockets, which there are none of: here a seat is a number, not 0 when it can be selected.
    private static BpfMap Create(MapSpec spec) =>
        MapFactory.Create(spec.Type == MapType.ReuseportSockArray ? spec with { Type = MapType.Array } : spec, CpuCount).Map ??
        throw new InvalidOperationException($"cannot create {spec}");

    private static MapSpec Unlike(MapSpec spec) => spec.WithValues([]) with
    {
        Contents = spec.Type == MapType.LpmTrie
            ? spec.Contents.IsEmpty ? [new MapEntry([32, 0, 0, 0, 4, .. new byte[19]], [1, 0, 0, 0])] : []
            : [.. spec.GetEntries().Select(e => e with { Value = [255, 255, 0, 0] })],
    };

    private void Fill(int outer, uint epoch, ImmutableArray<MapSpec> current, ImmutableArray<MapSpec> idle)
    {
        for (int i = 0; i < current.Length; i++)
        {
            int bank = (int)(epoch % 2);
            Expect(((OuterMap)_maps[outer]).UpdateMap(Key((bank * current.Length) + i), Create(current[i])));
            Expect(((OuterMap)_maps[outer]).UpdateMap(Key(((1 - bank) * current.Length) + i), Create(idle[i])));
        }
    }

    private ulong LoadBytes(Machine machine, int start, ulong offset, ulong to, ulong length)
    {
        if (!machine.TryWrite(to, (int)length, out Span<byte> bytes))
        {
            return 0;
        }

        if (start + (long)offset + (long)length > _packet.Data.Length)
        {
            bytes.Clear();
            return Fault;
        }

        _packet.Data.Span.Slice(start + (int)offset, (int)length).CopyTo(bytes);
        return 0;
    }

    private ulong Select(Machine machine, ulong context, ulong mapAddress, ulong key, ulong flags, ulong unused)
    {
        if (!machine.TryGetMap(mapAddress, out BpfMap? map) || !machine.TryRead(key, 4, out ReadOnlySpan<byte> bytes))
        {
            return 0;
        }

        Assert.Same(_maps[_policy.Maps.Seats], map);
        byte[] seat = new byte[8];
        if (map.Lookup(bytes, seat) != Errno.None || BitConverter.ToUInt64(seat) == 0)
        {
            return unchecked((ulong)-(int)Errno.ENOENT);
        }

        _selected = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return 0;
    }
}
