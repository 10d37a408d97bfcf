using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Contract;

/// <summary>Maps with operations of their own: QUEUE, STACK, BLOOM_FILTER, RINGBUF, PROG_ARRAY, and those with a spin lock. What each answers in detail: map-cases.jsonl.</summary>
public abstract class SpecialMapContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private static MapSpec Programs { get; } = new("programs", MapType.ProgArray, 4, 4, 2);

    [Theory]
    [InlineData(MapType.Queue, 1, 2, 3)]
    [InlineData(MapType.Stack, 3, 2, 1)]
    public void Push_peek_and_pop(MapType type, int first, int second, int third)
    {
        IBackendMap map = CreateMap(new MapSpec("values", type, 0, 4, 3));
        Assert.Null(map.Lookup([]));
        Assert.Null(map.LookupAndDelete([]));
        for (uint i = 1; i <= 3; i++)
        {
            map.Update([], Key(i));
        }

        Assert.Equal(Errno.E2BIG, Refusal(() => map.Update([], Key(4))));
        Assert.Equal(Errno.EINVAL, Refusal(() => map.Update([], Key(4), MapUpdateFlags.NoExist)));
        Assert.Equal(Errno.EINVAL, Refusal(() => map.Delete([])));
        foreach (int expected in (int[])[first, second, third])
        {
            Assert.Equal(Key((uint)expected), map.Lookup([]));
            Assert.Equal(Key((uint)expected), map.LookupAndDelete([]));
        }

        Assert.Null(map.Lookup([]));
    }

    [Fact]
    public void A_hash_gives_a_value_and_forgets_it()
    {
        IBackendMap map = CreateMap(new MapSpec("values", MapType.LruHash, 4, 4, 8));
        map.Update(Key(5), Key(50));

        Assert.Equal(Key(50), map.LookupAndDelete(Key(5)));
        Assert.Null(map.LookupAndDelete(Key(5)));
        IBackendMap array = CreateMap(new MapSpec("values", MapType.Array, 4, 4, 8));
        Assert.Equal(Errno.ENOTSUPP, Refusal(() => array.LookupAndDelete(Key(5))));
    }

    /// <summary>With the seed 0 there is no chance in the false positives.</summary>
    [Fact]
    public void A_Bloom_filter_knows_what_was_put_in()
    {
        IBackendMap map = CreateMap(new MapSpec("known", MapType.BloomFilter, 0, 4, 20, MapFlags.ZeroSeed) { Extra = 3 });
        for (uint i = 0; i < 20; i++)
        {
            map.Update([], Key(i));
        }

        Assert.All(Enumerable.Range(0, 20), i => Assert.True(map.Contains(Key((uint)i))));
        Assert.Equal([67, 68, 89, 101, 106], Enumerable.Range(20, 89).Where(i => map.Contains(Key((uint)i))));
        Assert.Equal(Errno.ENOTSUPP, Refusal(() => map.LookupAndDelete([])));
    }

    [Fact]
    public void A_ring_buffer_without_records()
    {
        IBackendMap map = CreateMap(new MapSpec("records", MapType.RingBuf, 0, 0, 4096));

        Assert.Null(map.Consume());
        Assert.Equal(Errno.ENOTSUPP, Refusal(() => map.Lookup([])));
        Assert.Equal(Errno.EINVAL, Refusal(() => CreateMap(map.Spec with { MaxEntries = 4097 })));
    }

    [Fact]
    public void Records_come_in_the_order_of_the_packets()
    {
        IBackendMap ring = CreateMap(new MapSpec("records", MapType.RingBuf, 0, 0, 4096));
        IBackendSocket socket = Open("udp4");
        socket.AttachProgram(Load(new ProgramSpec(
            "test_record", ProgramType.SkReuseport, AttachType.SkReuseportSelect,
            [
                Instructions.Load(MemorySize.Word, Register.R1, Register.R1, 16),
                Store(MemorySize.DoubleWord, Register.R10, -8, Register.R1),
                LoadMap(Register.R1, 0), Move(Register.R2, Register.R10), Alu64(AluOperation.Add, Register.R2, -8),
                MoveImmediate(Register.R3, 8), MoveImmediate(Register.R4, 0), CallHelper(HelperId.RingBufferOutput),
                MoveImmediate(Register.R0, 1), Exit(),
            ],
            [ring.Spec]), ring));
        Assert.Equal(Slot(0), Arrival("udp4", [socket], payload: [1]));
        Assert.Equal(Slot(0), Arrival("udp4", [socket], payload: [1, 2, 3]));

        // The UDP header and the payload.
        Assert.Equal([9, 0, 0, 0, 0, 0, 0, 0], ring.Consume());
        Assert.Equal([11, 0, 0, 0, 0, 0, 0, 0], ring.Consume());
        Assert.Null(ring.Consume());
    }

    [Fact]
    public void A_spin_lock_reads_as_zero_and_is_not_written()
    {
        foreach (MapType type in (MapType[])[MapType.Array, MapType.Hash])
        {
            IBackendMap map = CreateMap(new MapSpec("locked", type, 4, 8, 2) { SpinLockOffset = 4 });
            map.Update(Key(1), [1, 2, 3, 4, 5, 6, 7, 8], MapUpdateFlags.Lock);

            Assert.Equal([1, 2, 3, 4, 0, 0, 0, 0], map.Lookup(Key(1)));
            Assert.Equal(Errno.ENOTSUPP, Refusal(map.Freeze));
        }
    }

    [Fact]
    public void A_program_array_holds_programs_of_one_type()
    {
        IBackendMap map = CreateMap(Programs);
        IBackendProgram first = Load(TestPrograms.Return(1));
        map.UpdateProgram(0, first);

        Assert.Equal(first.Id, BitConverter.ToUInt32(map.Lookup(Key(0))));
        Assert.Null(map.Lookup(Key(1)));
        Assert.Equal(Errno.E2BIG, Refusal(() => map.UpdateProgram(2, first)));
        Assert.Equal(Errno.EINVAL, Refusal(() => map.UpdateProgram(1, Load(TestPrograms.Return(1, ProgramType.SocketFilter)))));
        Assert.Equal(Errno.EINVAL, Refusal(() => map.UpdateProgram(1, Load(TestPrograms.Return(1, ProgramType.SocketFilter)))));
        map.UpdateProgram(0, Load(TestPrograms.Return(0)));
        map.Delete(Key(0));
        Assert.Null(map.Lookup(Key(0)));
        Assert.Equal(Errno.ENOENT, Refusal(() => map.Delete(Key(0))));
    }

    /// <summary>The trap of tail calls: an attached program keeps its PROG_ARRAY, but not what is in it.</summary>
    [Fact]
    public void A_program_array_is_emptied_with_its_last_descriptor()
    {
        IBackendMap map = CreateMap(Programs);
        IBackendProgram drops = Load(TestPrograms.Return(0));
        map.UpdateProgram(0, drops);
        uint id = drops.Id;
        drops.Dispose();
        IBackendSocket socket = Open("udp4");
        socket.AttachProgram(Load(new ProgramSpec(
            "test_tail", ProgramType.SkReuseport, AttachType.SkReuseportSelect,
            [LoadMap(Register.R2, 0), MoveImmediate(Register.R3, 0), CallHelper(HelperId.TailCall), MoveImmediate(Register.R0, 1), Exit()], [map.Spec]), map));
        Assert.Equal(Rejected, Arrival("udp4", [socket]));

        map.Dispose();
        Assert.True(Becomes(() => Backend.OpenProgram(id) is not IBackendProgram left || Closed(left)));
        Assert.Equal(Slot(0), Arrival("udp4", [socket]));
    }

    private static bool Closed(IBackendProgram program)
    {
        program.Dispose();
        return false;
    }
}
