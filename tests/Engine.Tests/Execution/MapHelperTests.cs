using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using ReuseportPS.MapCases;
using static ReuseportPS.Engine.Isa.Instructions;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Engine.Tests.Execution;

/// <summary>What the kernel's verifier would refuse of programs with ring buffers, spin locks and queues, and so only an engine without one sees. What it lets through: MapCaseTests.</summary>
public class MapHelperTests
{
    private static readonly MapSpec s_ringSpec = new("ring", MapType.RingBuf, 0, 0, 4096);
    private static readonly MapSpec s_lockedSpec = new("locked", MapType.Array, 4, 16, 4) { SpinLockOffset = 8 };

    private readonly Machine _machine = new();

    [Fact]
    public void A_run_that_keeps_a_record_is_a_fault_at_its_exit_and_the_record_is_discarded()
    {
        RingBuffer ring = (RingBuffer)Make(s_ringSpec);
        Fault fault = FaultOf([ring], [.. Reserve(8), MoveImmediate(R0, 0), Exit()]);

        Assert.Equal((FaultKind.UnreleasedReference, 6), (fault.Kind, fault.Instruction));
        Assert.Contains("a record of ring buffer 'ring'", fault.Text, StringComparison.Ordinal);
        Assert.Equal(Errno.None, ring.Output([7], 0));
        Assert.True(ring.TryConsume(out ReadOnlySpan<byte> record));
        Assert.Equal([7], record.ToArray());
        Assert.Equal(ring.ProducerPosition, ring.ConsumerPosition);
    }

    [Fact]
    public void A_record_is_discarded_whatever_fault_ends_the_run()
    {
        RingBuffer ring = (RingBuffer)Make(s_ringSpec);
        Fault fault = FaultOf([ring], [.. Reserve(8), Load(MemorySize.Byte, R1, R0, 8), Exit()]);

        Assert.Equal(FaultKind.OutOfBounds, fault.Kind);
        Assert.False(ring.TryConsume(out _));
        Assert.Equal(ring.ProducerPosition, ring.ConsumerPosition);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(8)]
    [InlineData(-8)]
    public void Only_the_bytes_of_a_record_may_be_touched(short offset)
    {
        Fault fault = FaultOf([Make(s_ringSpec)], [.. Reserve(8), Move(R6, R0), StoreImmediate(MemorySize.Byte, R6, 7, 1), StoreImmediate(MemorySize.Byte, R6, offset, 1), Exit()]);
        Assert.Equal((FaultKind.OutOfBounds, 7), (fault.Kind, fault.Instruction));
    }

    [Fact]
    public void A_record_is_gone_after_it_is_submitted()
    {
        BpfMap ring = Make(s_ringSpec);
        Assert.Equal(FaultKind.OutOfBounds, FaultOf([ring], [.. Reserve(8), .. Submit(), Load(MemorySize.Byte, R0, R6, 0), Exit()]).Kind);
        Assert.Equal(FaultKind.BadArgument, FaultOf([ring], [.. Reserve(8), .. Submit(), Move(R0, R6), .. Submit(), Exit()]).Kind);
        Assert.Equal(FaultKind.BadArgument, FaultOf([ring], [.. Reserve(8), Alu64(AluOperation.Add, R0, 1), .. Submit(), Exit()]).Kind);
        Assert.Equal(FaultKind.BadArgument, FaultOf([ring], [Move(R0, R10), .. Submit(), Exit()]).Kind);
    }

    [Fact]
    public void A_record_that_goes_over_the_end_of_the_ring_is_in_one_piece()
    {
        RingBuffer ring = (RingBuffer)Make(s_ringSpec);
        Assert.Equal(Errno.None, ring.Output(new byte[4000], 0));
        Assert.True(ring.TryConsume(out _));
        byte[] written = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];

        Assert.Equal(Errno.None, ring.Output(written, 0));
        Assert.True(ring.TryConsume(out ReadOnlySpan<byte> record));
        Assert.Equal(written, record.ToArray());
        Assert.Equal(Errno.None, ring.Output(new byte[3800], 0));
        Assert.Equal(Errno.EAGAIN, ring.Output(new byte[300], 0));
    }

    [Fact]
    public void A_waiting_consumer_is_woken_by_the_record_it_has_come_to_unless_told_otherwise()
    {
        RingBuffer ring = (RingBuffer)Make(s_ringSpec);
        List<long> wakeups = [];
        foreach (ulong flags in (ulong[])[0, 0, 2, 1])
        {
            Assert.Equal(Errno.None, ring.Output([1], flags));
            wakeups.Add(ring.Wakeups);
        }

        // The first: the consumer stands there. The second: it is behind. The third: forced.
        Assert.Equal([1, 1, 2, 2], wakeups);
    }

    [Fact]
    public void A_spin_lock_is_taken_and_given_back_once()
    {
        BpfMap map = Make(s_lockedSpec);
        Instruction[] locked = [.. Value(8), Move(R6, R0), .. Lock(R6)];
        Assert.Equal(FaultKind.UnreleasedReference, FaultOf([map], [.. locked, MoveImmediate(R0, 0), Exit()]).Kind);
        Assert.Equal(FaultKind.BadArgument, FaultOf([map], [.. locked, .. Lock(R6), Exit()]).Kind);
        Assert.Equal(FaultKind.BadArgument, FaultOf([map], [.. locked, .. Unlock(R6), .. Unlock(R6), Exit()]).Kind);
        Assert.Equal(FaultKind.BadArgument, FaultOf([map], [.. Value(0), Move(R6, R0), .. Lock(R6), Exit()]).Kind);
        Assert.Equal(FaultKind.BadArgument, FaultOf([map], [.. Lock(R10), Exit()]).Kind);
        Assert.Null(Run([map], [.. locked, .. Unlock(R6), .. Lock(R6), .. Unlock(R6), MoveImmediate(R0, 0), Exit()]).Fault);
    }

    [Fact]
    public void A_lock_that_a_run_kept_is_open_for_the_next()
    {
        BpfMap map = Make(s_lockedSpec);
        LoadedProgram keeps = Load([map], [.. Value(8), Move(R6, R0), .. Lock(R6), MoveImmediate(R0, 0), Exit()]);
        Assert.Equal(FaultKind.UnreleasedReference, _machine.Run(keeps).Fault?.Kind);
        Assert.Equal(FaultKind.UnreleasedReference, _machine.Run(keeps).Fault?.Kind);
        Assert.Equal(0ul, Run([map], [.. Value(8), Load(MemorySize.Word, R0, R0, 0), Exit()]).ReturnValue);
    }

    [Theory]
    [InlineData(HelperId.MapPushElement, MapType.Array, 0)]
    [InlineData(HelperId.MapPeekElement, MapType.Hash, 0)]
    [InlineData(HelperId.MapPopElement, MapType.BloomFilter, 0)]
    [InlineData(HelperId.RingBufferReserve, MapType.Queue, 0)]
    [InlineData(HelperId.RingBufferQuery, MapType.Array, 0)]
    [InlineData(HelperId.MapPushElement, MapType.Queue, (int)MapFlags.ReadOnlyProgram)]
    [InlineData(HelperId.MapPeekElement, MapType.Stack, (int)MapFlags.WriteOnlyProgram)]
    public void A_helper_wants_its_kind_of_map(int helper, MapType type, int flags)
    {
        MapSpec spec = new("map", type, type is MapType.Array or MapType.Hash ? 4 : 0, 8, 4, (MapFlags)flags);
        Fault fault = FaultOf([Make(spec)], [StoreImmediate(MemorySize.DoubleWord, R10, -8, 0), LoadMap(R1, 0), Move(R2, R10), Alu64(AluOperation.Add, R2, -8), MoveImmediate(R3, 0), CallHelper(helper), Exit()]);
        Assert.Equal(FaultKind.BadArgument, fault.Kind);
        Assert.Contains("'map'", fault.Text, StringComparison.Ordinal);
    }

    /// <summary>Operations by programs and by user space, after a first round in which memory grows.</summary>
    [Theory]
    [InlineData(MapType.Hash, 8, "update lookup delete")]
    [InlineData(MapType.LruHash, 8, "update lookup delete")]
    [InlineData(MapType.LruPerCpuHash, 8, "update lookup delete lookupcpu")]
    [InlineData(MapType.Queue, 0, "push peek pop")]
    [InlineData(MapType.Stack, 0, "push peek pop")]
    [InlineData(MapType.BloomFilter, 0, "push peek")]
    [InlineData(MapType.RingBuf, 0, "output submit discard pair query")]
    public void Operations_allocate_nothing(MapType type, int keySize, string operations)
    {
        bool isRing = type == MapType.RingBuf;
        MapSpec spec = new("map", type, keySize, isRing ? 0 : 8, isRing ? 4096 : 50);
        BpfMap map = Make(spec);
        BpfMap arguments = Make(MapPrograms.Arguments);
        LoadedProgram[] programs = [.. operations.Split(' ').Select(operation => LoadedProgram.Load(MapPrograms.Of(operation, spec, 64), map, arguments))];
        byte[] key = new byte[keySize];
        byte[] value = new byte[map.UserValueSize];
        long Round()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 500; i++)
            {
                arguments.Values.Row(0)[MapPrograms.Key] = (byte)i;
                foreach (LoadedProgram program in programs)
                {
                    if (_machine.Run(program).Fault is not null)
                    {
                        Assert.Fail("a fault");
                    }
                }

                if (isRing)
                {
                    while (((RingBuffer)map).TryConsume(out _))
                    {
                    }

                    continue;
                }

                if (keySize > 0)
                {
                    key[0] = (byte)(i * 7);
                }

                map.Update(key, value);
                map.Lookup(key, value);
                map.LookupAndDelete(key, value);
                map.Update(key, value);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Round();
        Assert.Equal(0, Round());
    }

    [Fact]
    public void A_full_hash_of_a_million_has_no_object_for_an_entry()
    {
        const int Entries = 1 << 20;
        const int Grown = Entries / 2 + 1;
        BpfMap map = Make(new MapSpec("large", MapType.Hash, 8, 8, Entries));
        byte[] key = new byte[8];
        long before = 0;
        for (int i = 0; i < Entries; i++)
        {
            before = i == Grown ? GC.GetAllocatedBytesForCurrentThread() : before;
            BitConverter.TryWriteBytes(key, i);
            if (map.Update(key, key) != Errno.None)
            {
                Assert.Fail($"entry {i}");
            }
        }

        // Memory doubles as it is needed, and with the last doubling there is room for all.
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(Errno.E2BIG, map.Update([0, 0, 0, 0, 1, 0, 0, 0], key));
        Assert.Equal(Errno.None, map.Lookup([0, 0, 8, 0, 0, 0, 0, 0], key));
        Assert.Equal([0, 0, 8, 0, 0, 0, 0, 0], key);
    }

    [Fact]
    public void A_seed_decides_about_the_order_of_keys_unless_the_map_has_none()
    {
        static string Order(MapFlags flags, uint seed)
        {
            BpfMap map = MapFactory.Create(new MapSpec("hash", MapType.Hash, 4, 4, 64, flags), 1, seed).Map!;
            byte[] key = new byte[4];
            for (byte i = 0; i < 64; i++)
            {
                key[0] = i;
                map.Update(key, key);
            }

            string order = "";
            byte[] next = new byte[4];
            for (byte[] last = []; map.NextKey(last, next) == Errno.None; last = [.. next])
            {
                order += $" {next[0]}";
            }

            return order;
        }

        Assert.Equal(Order(MapFlags.None, 5), Order(MapFlags.None, 5));
        Assert.NotEqual(Order(MapFlags.None, 5), Order(MapFlags.None, 6));
        Assert.Equal(Order(MapFlags.ZeroSeed, 5), Order(MapFlags.None, 0));
    }

    private static Instruction[] Reserve(int size) => [LoadMap(R1, 0), MoveImmediate(R2, size), MoveImmediate(R3, 0), CallHelper(HelperId.RingBufferReserve)];

    private static Instruction[] Submit() => [Move(R6, R0), Move(R1, R0), MoveImmediate(R2, 0), CallHelper(HelperId.RingBufferSubmit)];

    private static Instruction[] Value(int offset) =>
    [
        StoreImmediate(MemorySize.Word, R10, -4, 1), LoadMap(R1, 0), Move(R2, R10), Alu64(AluOperation.Add, R2, -4), CallHelper(HelperId.MapLookupElement),
        Alu64(AluOperation.Add, R0, offset),
    ];

    private static Instruction[] Lock(Register field) => [Move(R1, field), CallHelper(HelperId.SpinLock)];

    private static Instruction[] Unlock(Register field) => [Move(R1, field), CallHelper(HelperId.SpinUnlock)];

    private static BpfMap Make(MapSpec spec) => MapFactory.Create(spec, 2).Map!;

    private static LoadedProgram Load(BpfMap[] maps, Instruction[] code) =>
        LoadedProgram.Load(new ProgramSpec("test", ProgramType.SchedClassifier, AttachType.None, [.. code], [.. maps.Select(map => map.Spec)]), maps);

    private static Instruction Load(MemorySize size, Register destination, Register source, short offset) => Instructions.Load(size, destination, source, offset);

    private RunResult Run(BpfMap[] maps, Instruction[] code) => _machine.Run(Load(maps, code));

    private Fault FaultOf(BpfMap[] maps, Instruction[] code) => Run(maps, code).Fault ?? throw new InvalidOperationException("The run ended without a fault.");
}
