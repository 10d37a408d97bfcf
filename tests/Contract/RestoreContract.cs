using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>What a group had can be put back: its policies, which it remembers, and programs of others that were replaced by force.</summary>
public abstract class RestoreContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_group_remembers_its_policies_with_the_weights_that_they_had_at_last(bool adopted)
    {
        IBackendSocket[] members = adopted ? [.. OpenMany("udp4", Slots)] : [];
        GroupCatalog catalog = Catalog();
        ManagedGroup group = adopted ? catalog.Adopt(Adoption) : catalog.Open(Small());
        members = adopted ? members : [.. group.OwnSockets[0]];
        Assert.Equal(TrialCodes.NoFormerPolicy, RefusalCode(() => group.FindVersion(null)));
        Assert.Equal((null, 0), (group.Version, group.History.Length));
        group.Apply(Named("one", "by: weighted, weights: { 0: 1, 1: 1 }, key: source"));
        group.Change(new SlotChange([SlotItem.Of(0)]) { Weight = 7 });
        group.Apply(Named("two", "by: slot, slot: 2"));
        group.Apply(Named("two", "by: slot, slot: 2"));
        group.Apply(Named("three", "by: slot, slot: 3"));
        if (adopted)
        {
            group.Dispose();
            group = Catalog().Find(Name)!;
        }

        Assert.Equal([1, 2], group.History.Select(version => version.Number));
        Assert.Equal((3, "three"), (group.Version!.Number, group.Policy!.Name));
        Assert.All(group.History, version => Assert.NotNull(version.Since));
        Assert.Equal("two", group.FindVersion(null).Name);
        Assert.Equal(7, PolicyWeights.Of(group.FindVersion(1), 0, Slots));
        Assert.Equal("three", group.FindVersion(3).Name);
        Assert.Equal(TrialCodes.NoFormerPolicy, RefusalCode(() => group.FindVersion(9)));

        // There and back: of equal policies one is remembered.
        group.Apply(group.FindVersion(null));
        Assert.Equal(Slot(2), Arrival("udp4", members));
        Assert.Equal([1, 3], group.History.Select(version => version.Number));
        Assert.Equal(4, group.Version!.Number);
        group.Apply(group.FindVersion(null));
        Assert.Equal(Slot(3), Arrival("udp4", members));
        Assert.Equal([1, 4], group.History.Select(version => version.Number));

        // A policy that was removed can be put back too.
        group.RemovePolicy();
        Assert.Null(group.Version);
        Assert.Equal([1, 4, 5], group.History.Select(version => version.Number));
        group.Apply(group.FindVersion(null));
        Assert.Equal(Slot(3), Arrival("udp4", members));
        if (adopted)
        {
            group.Dispose();
        }
    }

    [Fact]
    public void It_forgets_the_oldest()
    {
        using GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Small());
        for (int number = 0; number < PolicyVersion.MostKept + 5; number++)
        {
            group.Apply(Named(string.Create(CultureInfo.InvariantCulture, $"p{number}"), "by: hash"));
        }

        Assert.Equal(Enumerable.Range(5, PolicyVersion.MostKept), group.History.Select(version => version.Number));
    }

    [Fact]
    public void Pins_of_the_layout_before_are_read_and_those_of_a_later_one_are_not()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", Slots)];
        GroupCatalog catalog = Catalog();
        using (ManagedGroup group = catalog.Adopt(Adoption))
        {
            group.Apply(Policy("by: slot, slot: 1"));
        }

        Rewrite(state => RemoveField(state, "Version", "Since").Replace("\"Layout\":3", "\"Layout\":1", StringComparison.Ordinal));
        using (ManagedGroup group = catalog.Find(Name)!)
        {
            Assert.Equal((1, null), (group.Version!.Number, group.Version.Since));
            Assert.Equal(PolicyChange.None, group.Plan(Policy("by: slot, slot: 1")).Change);
            group.Apply(Policy("by: slot, slot: 2"));
            Assert.Equal([(1, null)], group.History.Select(version => (version.Number, version.Since)));
            Assert.Equal(Slot(2), Arrival("udp4", members));
        }

        Rewrite(state => state.Replace("\"Layout\":3", "\"Layout\":4", StringComparison.Ordinal));
        Assert.Equal(GroupCodes.UnknownLayout, RefusalCode(() => catalog.Find(Name)));
        Rewrite(state => state.Replace("\"Layout\":4", "\"Layout\":3", StringComparison.Ordinal));
        catalog.Remove(Name);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_program_of_others_that_force_replaced_is_kept_and_put_back(bool adopted)
    {
        IBackendSocket[] members = adopted ? [.. OpenMany("udp4", Slots)] : [];
        GroupCatalog catalog = Catalog();
        ManagedGroup group = adopted ? catalog.Adopt(Adoption) : catalog.Open(Small());
        members = adopted ? members : [.. group.OwnSockets[0]];
        group.Apply(Policy("by: slot, slot: 1"));
        Assert.Empty(group.FindForeign());
        Assert.Equal(TrialCodes.NothingReplaced, RefusalCode(() => group.RestoreReplaced()));
        uint foreign = AttachForeign(members[0]);
        Assert.Equal((AttachmentState.Program, foreign), (group.FindForeign().Single().Attachment.State, group.FindForeign().Single().Attachment.ProgramId));
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => group.Apply(Policy("by: slot, slot: 2"))));
        Assert.Equal(TrialCodes.CannotReturnTo, RefusalCode(() => group.Apply(Policy("by: slot, slot: 2"), force: true, confirmWithin: TimeSpan.FromHours(1))));
        Assert.Empty(group.Replaced);

        group.Apply(Policy("by: slot, slot: 2"), force: true);
        Assert.Equal(Slot(2), Arrival("udp4", members));
        Assert.True(Exists(foreign));
        if (adopted)
        {
            group.Dispose();
            group = Catalog().Find(Name)!;
        }

        Assert.Equal([(group.KernelGroups[0], foreign)], group.Replaced);
        group.RestoreReplaced();
        Assert.Equal(foreign, Backend.InspectAttachment(Record(members[0])).ProgramId);
        Assert.Equal(Rejected, Arrival("udp4", members));
        Assert.Empty(group.Replaced);
        Assert.Null(group.Policy);
        Assert.Equal([2, 1], group.History.Select(version => version.Number).OrderDescending());

        // It is theirs again.
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => group.Apply(Policy("by: slot, slot: 2"))));
        group.Apply(Policy("by: slot, slot: 3"), force: true);
        Assert.Equal(Slot(3), Arrival("udp4", members));
        if (adopted)
        {
            group.Dispose();
            catalog.Remove(Name);
            Assert.True(Becomes(() => !Exists(foreign)));
        }
    }

    [Fact]
    public void A_classic_program_of_others_is_said_to_be_lost()
    {
        using GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Small());
        group.Apply(Policy("by: slot, slot: 1"));
        group.OwnSockets[0][0].AttachClassicProgram(ClassicProgram.FromText("1\n6 0 0 3").Program!);
        Attachment found = group.FindForeign().Single().Attachment;
        Assert.Equal(AttachmentState.Classic, found.State);
        Assert.Contains("cannot be put back", ForeignProgram.Loss(Name, found), StringComparison.Ordinal);
        group.Apply(Policy("by: slot, slot: 2"), force: true);
        Assert.Empty(group.Replaced);
        Assert.Equal(Slot(2), Arrival("udp4", group.OwnSockets[0]));
    }

    /// <summary>Others attach theirs right after ours: theirs stays, the other kernel groups have what they had, and it is said.</summary>
    [Fact]
    public void Who_attaches_in_the_same_moment_is_seen()
    {
        FaultyBackend backend = new(Backend);
        using GroupCatalog catalog = Catalog(backend);
        ManagedGroup group = catalog.Open(Small() with { Addresses = [World.ServerV4, World.ServerV6] });
        group.Apply(Policy("by: slot, slot: 1"));
        uint foreign = 0;
        backend.AfterAttach = () =>
        {
            backend.AfterAttach = null;
            SocketRecord member = Backend.FindSockets(new SocketQuery(TransportProtocol.Udp, Port, World.ServerV4, Namespace: World.Servers, WithOwners: true))[0];
            using IBackendSocket socket = Backend.AcquireSocket(member);
            foreign = AttachForeign(socket);
        };
        Assert.Equal(TrialCodes.Overtaken, RefusalCode(() => group.Apply(Policy("by: hash"))));
        Assert.Equal(Policy("by: slot, slot: 1"), group.Policy);
        Assert.Equal(Rejected, Open(IpFamily.V4));
        Assert.Equal(Slot(1), Open(IpFamily.V6));
        Assert.Equal(foreign, group.FindForeign().Single().Attachment.ProgramId);

        FlowArrival Open(IpFamily family) => new FlowExperiment(backend, [group.OwnSockets[family == IpFamily.V4 ? 0 : 1]], World.Clients)
            .Open(Opening(World.NextFlow(TransportProtocol.Udp, family, Port)));
    }

    private static SteeringPolicy Named(string name, string otherwise) => Policy($$"""
        version: 1
        policy: {{name}}
        otherwise: { {{otherwise}} }
        """);

    private GroupOpenRequest Small() => new(Name, [TransportProtocol.Udp], [World.ServerV4], Port, Slots, World.Servers);

    /// <summary>Attaches a program that rejects, as others might; nobody of ours holds it.</summary>
    private uint AttachForeign(IBackendSocket member)
    {
        using IBackendProgram foreign = Backend.LoadProgram(TestPrograms.Return(0), []);
        member.AttachProgram(foreign);
        return foreign.Id;
    }

    private void Rewrite(Func<string, string> change)
    {
        using IPinFolder pins = Backend.Pins.Open(Name)!;
        byte[] value;
        using (IBackendMap state = pins.OpenMap("state")!)
        {
            value = state.Lookup(Key(0))!;
        }

        byte[] changed = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(value).TrimEnd('\0')));
        using IBackendMap map = Backend.CreateMap(new MapSpec("state", MapType.Array, 4, changed.Length, 1) { Contents = [new MapEntry([0, 0, 0, 0], [.. changed])], Frozen = true });
        pins.Pin("state", map);
    }

    private static string RemoveField(string json, params string[] names)
    {
        System.Text.Json.Nodes.JsonObject state = System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();
        Array.ForEach(names, name => state.Remove(name));
        return state.ToJsonString();
    }
}
