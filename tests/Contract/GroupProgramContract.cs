using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Tests;

namespace ReuseportPS.Contract;

/// <summary>Programs of others in the place of a policy: where flows arrive, what is kept, what a failure leaves, and who may replace what.</summary>
public abstract class GroupProgramContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string Weighted = "by: weighted, weights: { 0: 60, 1: 30, 2: 10 }, key: source";

    /// <summary>Datagrams go to slot 1 and connections to slot 6, in programs that are called by way of a PROG_ARRAY.</summary>
    [Fact]
    public void A_program_with_tail_calls_steers_every_kernel_group_of_an_owned_group()
    {
        ManagedGroup group = Catalog().Open(Request() with { SlotCount = 8 });
        group.Apply(Stages(), "stages", "tail_calls.o");

        Assert.Equal(("stages", "tail_calls.o", "sockets", false), (group.Program!.Name, group.Program.Source, group.Program.SeatMap, group.Program.IsClassic));
        Assert.Null(group.Policy);
        Assert.Equal(4, group.ProgramIds.Distinct().Count());
        ExpectStages(group.OwnSockets);
        Assert.Equal(GroupCodes.NoPolicy, RefusalCode(() => group.ReadCounters()));

        group.RemovePolicy();
        Assert.Null(group.Program);
        Assert.All(group.OwnSockets, sockets => Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(sockets[0])).State));
        group.Apply(Policy("by: slot, slot: 3"));
        Assert.All(group.OwnSockets, sockets => Assert.Equal(Slot(3), Arrival(Flow(KindOf(sockets[0])), sockets)));
    }

    [Fact]
    public void A_program_with_tail_calls_goes_on_without_the_shell_and_is_found_by_another()
    {
        string[] kinds = ["udp4", "udp6", "tcp4", "tcp6"];
        ImmutableArray<ImmutableArray<IBackendSocket>> members = [.. kinds.Select(kind => OpenMany(kind, 8))];
        using (GroupCatalog first = Catalog())
        {
            using ManagedGroup group = first.Adopt(Adoption);
            group.Apply(Policy("by: slot, slot: 0"));
            group.Apply(Stages(), "stages", source: null);
        }

        // Nobody has the PROG_ARRAYs open now: their pins keep what is in them.
        ExpectStages(members);
        using (GroupCatalog second = Catalog())
        {
            using ManagedGroup group = second.Find(Name)!;
            Assert.Equal(("stages", (string?)null, "sockets"), (group.Program!.Name, group.Program.Source, group.Program.SeatMap));
            Assert.Null(group.Policy);
            group.Apply(Select(2), "second", "second.s");
            Assert.All(members, sockets => Assert.Equal(Slot(2), Arrival(Flow(KindOf(sockets[0])), sockets)));
            using IPinFolder pins = Backend.Pins.Open(Name)!;
            Assert.Equal(
                ["edits", "map1-3", "prog0-3", "prog1-3", "prog2-3", "prog3-3", "seats0", "seats1", "seats2", "seats3", "state"], pins.Names);
        }

        using (GroupCatalog third = Catalog())
        {
            using ManagedGroup group = third.Find(Name)!;
            Assert.Equal("second", group.Program!.Name);
            group.Apply(Policy(Weighted));
            Assert.Null(group.Program);
            Assert.True(group.ReadCounters().Length > 0);
            group.RemovePolicy();
        }

        using GroupCatalog last = Catalog();
        last.Remove(Name);
        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0][0])).State);
        Assert.True(AreUnseated(members[0]));
    }

    /// <summary>Maps have the contents that they are given, and are shared by the kernel groups.</summary>
    [Fact]
    public void Maps_are_shared_and_filled()
    {
        ManagedGroup group = Catalog().Open(Request());
        ElfObject read = Object("globals");
        SeatedProgram program = SeatedProgram.Of(read.Programs[0].Spec, read.Collection);
        int table = IndexOf(program, ".rodata");
        program = program.With(table, program.Collection.Maps[table] with { Contents = [new MapEntry([0, 0, 0, 0], [3, 3, 3, 3, 3, 3, 3, 3])] });

        group.Apply(program, "globals", source: null);

        Assert.All(group.OwnSockets, sockets => Assert.Equal(Slot(3), Arrival(Flow(KindOf(sockets[0])), sockets)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_classic_program_chooses_by_index(bool adopted)
    {
        ImmutableArray<IBackendSocket>[] members = adopted ? [OpenMany("udp4", 4), OpenMany("tcp6", 4)] : [];
        GroupCatalog catalog = Catalog();
        ManagedGroup group = adopted ? catalog.Adopt(Adoption) : catalog.Open(Request());
        members = adopted ? members : [.. group.OwnSockets];
        group.Apply(Policy("by: slot, slot: 0"));
        group.Apply(Index(2), "third", "third.ddd");

        Assert.True(group.Program!.IsClassic);
        Assert.Empty(group.ProgramIds);
        Assert.All(members, sockets => Assert.Equal(Slot(2), Arrival(Flow(KindOf(sockets[0])), sockets)));

        // Another one, then a policy, then the classic one again, and nothing.
        group.Apply(Index(1), "second", source: null);
        Assert.All(members, sockets => Assert.Equal(Slot(1), Arrival(Flow(KindOf(sockets[0])), sockets)));
        group.Apply(Policy("by: slot, slot: 3"));
        Assert.All(members, sockets => Assert.Equal(Slot(3), Arrival(Flow(KindOf(sockets[0])), sockets)));
        group.Apply(Index(2), "third", source: null);
        if (adopted)
        {
            group.Dispose();
            using ManagedGroup again = Catalog().Find(Name)!;
            Assert.Equal("third", again.Program!.Name);
            again.RemovePolicy();
            Assert.Null(again.Program);
        }
        else
        {
            group.RemovePolicy();
        }

        Assert.All(members, sockets => Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(sockets[0])).State));
    }

    [Fact]
    public void A_group_with_a_classic_program_can_be_removed()
    {
        ImmutableArray<IBackendSocket> members = OpenMany("udp4", 3);
        GroupCatalog catalog = Catalog();
        using (ManagedGroup group = catalog.Adopt(Adoption))
        {
            group.Apply(Index(2), "third", source: null);
        }

        catalog.Remove(Name);
        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0])).State);
    }

    /// <summary>The programs that are pinned are lost: what is attached is detached all the same.</summary>
    [Fact]
    public void A_group_with_a_classic_program_and_damaged_pins_can_be_removed()
    {
        ImmutableArray<IBackendSocket> members = [.. OpenMany("udp4", 3), .. OpenMany("udp6", 3)];
        GroupCatalog catalog = Catalog();
        using (ManagedGroup group = catalog.Adopt(Adoption))
        {
            group.Apply(Index(2), "third", source: null);
        }

        using (IPinFolder pins = Backend.Pins.Open(Name)!)
        {
            pins.Unpin("seats1");
        }

        Assert.Equal(GroupCodes.DamagedPins, RefusalCode(() => catalog.Find(Name)));
        catalog.Remove(Name);
        Assert.All(members, member => Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(member)).State));
    }

    /// <summary>A classic program of others, or a program of others, is left without force. A classic one of others has no id and is gone with force.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Programs_of_others_are_left_without_force(bool classic)
    {
        ImmutableArray<IBackendSocket> members = OpenMany("udp4", 3);
        using ManagedGroup group = Catalog().Adopt(Adoption);
        if (classic)
        {
            members[0].AttachClassicProgram(Index(1));
        }
        else
        {
            members[0].AttachProgram(Load(TestPrograms.Return(0)));
        }

        string before = Describe(group, members: members);
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => group.Apply(Select(2), "mine", source: null)));
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => group.Apply(Index(2), "mine", source: null)));
        Assert.Equal(before, Describe(group, members: members));

        group.Apply(Index(2), "mine", source: null, force: true);
        Assert.Equal(Slot(2), Arrival(Flow("udp4"), members));
    }

    /// <summary>Whatever step is refused, the group decides as before.</summary>
    [Theory]
    [InlineData("nothing", "stages", false)]
    [InlineData("nothing", "classic", false)]
    [InlineData("policy", "stages", false)]
    [InlineData("stages", "policy", false)]
    [InlineData("policy", "stages", true)]
    [InlineData("stages", "policy", true)]
    [InlineData("stages", "classic", true)]
    [InlineData("classic", "select", true)]
    [InlineData("classic", "policy", true)]
    [InlineData("classic", "classic", true)]
    [InlineData("classic", "nothing", true)]
    [InlineData("classic", "nothing", false)]
    [InlineData("stages", "nothing", true)]
    public void A_failure_changes_nothing(string before, string after, bool adopted)
    {
        IBackendSocket[]? members = adopted ? [.. OpenMany("udp4", 3), .. OpenMany("udp6", 3)] : null;
        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);
        ManagedGroup group = adopted ? catalog.Adopt(Adoption) : catalog.Open(Request() with { Protocols = [TransportProtocol.Udp], SlotCount = 3 });
        Change(group, before, 1);

        string expected = Describe(group, faulty, members);
        string handles = faulty.Handles;
        AppliedProgram? program = group.Program;
        int n = 1;
        while (faulty.Disturb(n, () => Change(group, after, 2)))
        {
            Assert.Equal($"after {n} {faulty.Refused}: {handles}", $"after {n} {faulty.Refused}: {faulty.Handles}");
            Assert.Equal($"after {n} {faulty.Refused}\n{expected}", $"after {n} {faulty.Refused}\n{Describe(group, faulty, members)}");
            Assert.Equal(program, group.Program);
            n++;
        }

        Assert.True(n > 2, "The operation has hardly any step that could fail.");
        Assert.NotEqual(expected, Describe(group, faulty, members));
        if (adopted)
        {
            group.Dispose();
        }
    }

    [Fact]
    public void A_program_that_the_backend_refuses_changes_nothing()
    {
        ManagedGroup group = Catalog().Open(Request());
        group.Apply(Policy(Weighted));
        string before = Describe(group);
        ProgramSpec none = TestPrograms.Return(1) with { Instructions = [] };

        Assert.Equal(Errno.E2BIG, Refusal(() => group.Apply(SeatedProgram.Of(none), "none", source: null)));
        Assert.Equal(before, Describe(group));
    }

    private static void Change(ManagedGroup group, string what, uint slot)
    {
        switch (what)
        {
            case "stages":
                group.Apply(Stages(), what, "tail_calls.o");
                break;
            case "select":
                group.Apply(Select(slot), what, source: null);
                break;
            case "classic":
                group.Apply(Index(slot), what, source: null);
                break;
            case "policy":
                group.Apply(Policy(Weighted));
                break;
            default:
                group.RemovePolicy();
                break;
        }
    }

    private void ExpectStages(ImmutableArray<ImmutableArray<IBackendSocket>> members) => Assert.All(members, sockets => Assert.Equal(
        Slot(sockets[0].Protocol == TransportProtocol.Tcp ? 6 : 1), Arrival(Flow(KindOf(sockets[0])), sockets)));

    private static string KindOf(IBackendSocket socket) =>
        (socket.Protocol == TransportProtocol.Tcp ? "tcp" : "udp") + (socket.Family == IpFamily.V4 ? "4" : "6");

    private static SeatedProgram Stages()
    {
        ElfObject read = Object("tail_calls");
        return SeatedProgram.Of(read.Programs.Single(program => program.Name == "by_protocol").Spec, read.Collection);
    }

    private static SeatedProgram Select(uint slot) => SeatedProgram.Of(TestPrograms.Select(TestPrograms.Seats, [slot]));

    private static ClassicProgram Index(uint index) => new([new ClassicInstruction((ushort)ClassicCode.Return, 0, 0, index)]);

    private static int IndexOf(SeatedProgram program, string suffix) =>
        program.Collection.Maps.IndexOf(program.Collection.Maps.Single(map => map.Name.EndsWith(suffix, StringComparison.Ordinal)));

    private static ElfObject Object(string name)
    {
        ElfObject read = ElfObject.Read(File.ReadAllBytes(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", name + ".o")), name);
        Assert.True(read.Succeeded);
        return read;
    }
}
