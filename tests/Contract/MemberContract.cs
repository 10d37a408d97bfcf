using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Contract;

/// <summary>
/// Somebody with file permission on the pins and no CAP_BPF changes all that is data, in maps that are there already; what makes a map or a program is refused before anything is touched. What the pins
/// say of such changes is what a state written whole says, and what is torn or damaged in them is not believed.
/// </summary>
public abstract class MemberContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string Refused = "RPS5410";
    private const int ListRoom = 64;
    private const int HeaderSize = 48;

    [Fact]
    public void A_member_changes_data_and_everybody_finds_it()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using ManagedGroup owner = Adopt(Shared(10, 20, 30, 40));
        ImmutableArray<uint> programs = owner.ProgramIds;
        uint state = StateId();
        foreach (Action<ManagedGroup> change in (Action<ManagedGroup>[])[
            group => group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining }),
            group => group.Change(new SlotChange([SlotItem.Of(3)]) { Weight = 5 }),
            group => group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Active, Weight = 50 }),
            group => group.Change(new SlotChange([SlotItem.Of(2)]) { State = SlotState.Standby }),
            group => group.Apply(Policy(Shared(1, 1, 1, 1, prefixes: 3))),
            group => group.Apply(group.FindVersion(null)),
            group => group.Apply(group.Policy! with { Name = "renamed" }),
            group => group.ClearSlots([SlotItem.Of(3)]),
            group => group.Seat(3, members[3].Cookie)])
        {
            using (ManagedGroup member = Member())
            {
                uint epoch = member.Epoch;
                change(member);
                Assert.Equal(epoch + 1, member.Epoch);
                Assert.Equal(programs, member.ProgramIds);
                CheckDecides(member, members);
            }

            _ = owner.Plan(owner.Policy!);
            using ManagedGroup found = Catalog().Find(Name)!;
            Assert.Equal(Describe(owner, members: members), Describe(found, members: members));
            Assert.Equal(PolicyChange.None, found.Plan(found.Policy!).Change);
            CheckDecides(found, members);
        }

        Assert.Equal(state, StateId());
        Assert.Equal(2, owner.History.Length);
        Assert.Equal(2U, owner.States.GenerationOf(3) - 1);
    }

    /// <summary>A bank is written when nobody can be reading it any more, also where another shell has stored the epoch and ended; and a change is recorded when nobody is decided by the data before.</summary>
    [Fact]
    public void Readers_are_waited_for_before_a_bank_is_written_and_before_a_change_is_recorded()
    {
        const string Wait = "membarrier";
        const string Fill = "BPF_MAP_UPDATE_BATCH"; // the table, the list
        const string Store = "BPF_MAP_UPDATE_ELEM"; // the epoch, the edit
        _ = OpenMany("udp4", 4);
        Adopt(Shared(10, 20, 30, 40)).Dispose();
        FaultyBackend backend = new(Backend);
        using GroupCatalog catalog = Catalog(backend);
        using ManagedGroup group = catalog.Find(Name)!;

        Assert.Equal([Wait, Fill, Fill, Store, Wait, Store], OperationsOf(1));
        Assert.Equal([Fill, Fill, Store, Wait, Store], OperationsOf(2));
        using (IPinFolder pins = Backend.Pins.Open(Name)!)
        using (IBackendMap epoch = pins.OpenMap("epoch-1")!)
        {
            epoch.Update(new byte[4], [3, 0, 0, 0]);
        }

        Assert.Equal([Wait, Fill, Fill, Store, Wait, Store], OperationsOf(3));

        string[] OperationsOf(int weight)
        {
            backend.Operations.Clear();
            _ = group.Change(new SlotChange([SlotItem.Of(0)]) { Weight = weight });
            return [.. backend.Operations.Where(operation => operation is Wait or Fill or Store)];
        }
    }

    [Fact]
    public void What_makes_a_map_or_a_program_is_refused_untouched()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using ManagedGroup owner = Adopt(Shared(10, 20, 30, 40));
        using (ManagedGroup member = Member())
        {
            string before = Describe(member, members: members);
            foreach (Action change in (Action[])[
                () => member.Apply(Policy("by: slot, slot: 1")),
                () => member.Apply(Policy("by: slot, slot: 1"), confirmWithin: TimeSpan.FromHours(1)),
                () => member.RemovePolicy(),
                () => member.Apply(Policy(Shared(1, 1, 1, 1, prefixes: ListRoom))),
                () => member.Apply(Policy(Shared(1, 1, 1, 1, spare: 5000)))])
            {
                Assert.Equal(Refused, RefusalCode(change));
                Assert.Equal(before, Describe(member, members: members));
            }

            // Up to there the list has room, without a new map.
            member.Apply(Policy(Shared(1, 1, 1, 1, prefixes: ListRoom - 1)));
            CheckDecides(member, members);
        }

        // Who may make maps gives both banks room.
        owner.Apply(Policy(Shared(1, 1, 1, 1, prefixes: ListRoom)));
        using (ManagedGroup member = Member())
        {
            for (int prefixes = ListRoom; prefixes < ListRoom + 3; prefixes++)
            {
                member.Apply(Policy(Shared(4, 1, 1, 1, prefixes)));
                CheckDecides(member, members);
            }
        }

        owner.Apply(Policy("by: slot, slot: 1"), confirmWithin: TimeSpan.FromHours(1));
        using (ManagedGroup member = Member())
        {
            Assert.Equal(Refused, RefusalCode(() => member.ConfirmPolicy()));
            Assert.Equal(Refused, RefusalCode(() => member.RollBack()));
            Assert.Equal(PolicyState.Pending, member.State);
            _ = member.Change(new SlotChange([SlotItem.Of(0)]) { State = SlotState.Draining });
        }

        owner.RollBack();
        using ManagedGroup found = Catalog().Find(Name)!;
        Assert.Equal((SlotState.Draining, "shared"), (found.States[0], found.Policy!.Name));
        Assert.Equal(Describe(owner, members: members), Describe(found, members: members));
        CheckDecides(found, members);
    }

    /// <summary>A group of the layout before: neither edits nor pins of inner maps. The next change of who may make maps brings it up to date.</summary>
    [Fact]
    public void A_group_of_the_layout_before_is_read_and_brought_up_to_date()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        Adopt(Shared(10, 20, 30, 40)).Dispose();
        using (IPinFolder pins = Backend.Pins.Open(Name)!)
        {
            pins.Unpin("edits");
            foreach (string name in pins.Names.Where(name => name.StartsWith("tables_", StringComparison.Ordinal) || name.StartsWith("lists_", StringComparison.Ordinal)))
            {
                pins.Unpin(name);
            }

            using IBackendMap state = pins.OpenMap("state")!;
            byte[] old = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(state.Lookup(Key(0))!).Replace("\"Layout\":3", "\"Layout\":2", StringComparison.Ordinal));
            using IBackendMap written = Backend.CreateMap(new MapSpec("state", MapType.Array, 4, old.Length, 1) { Contents = [new MapEntry([0, 0, 0, 0], [.. old])], Frozen = true });
            pins.Pin("state", written);
        }

        using (ManagedGroup member = Member())
        {
            Assert.Equal(Refused, RefusalCode(() => member.Change(new SlotChange([SlotItem.Of(2)]) { Weight = 1 })));
        }

        using (ManagedGroup owner = Catalog().Find(Name)!)
        {
            _ = owner.Change(new SlotChange([SlotItem.Of(2)]) { Weight = 1 });
            CheckDecides(owner, members);
        }

        foreach (int weight in (int[])[2, 3, 4])
        {
            using ManagedGroup member = Member();
            _ = member.Change(new SlotChange([SlotItem.Of(2)]) { Weight = weight });
            CheckDecides(member, members);
        }
    }

    [Theory]
    [InlineData("zeros")]
    [InlineData("ones")]
    [InlineData("text")]
    [InlineData("digest")]
    [InlineData("number")]
    [InlineData("no number")]
    [InlineData("last number")]
    [InlineData("other place")]
    [InlineData("other state")]
    [InlineData("long")]
    [InlineData("negative")]
    [InlineData("half")]
    [InlineData("", "{")]
    [InlineData("", "")]
    [InlineData("", "null")]
    [InlineData("", "[]")]
    [InlineData("", "{\"Epoch\":-1}")]
    [InlineData("", "{\"Slots\":[null]}")]
    [InlineData("", "{\"Slots\":[{\"Slot\":1,\"State\":\"Asleep\",\"Generation\":1}]}")]
    [InlineData("", "{\"History\":[null]}")]
    [InlineData("", "{\"History\":[{\"Number\":77}]}")]
    [InlineData("", "\u0001\u0002")]
    public void An_edit_that_is_torn_or_damaged_is_not_believed(string damage, string? text = null)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using (ManagedGroup group = Adopt(Shared(10, 20, 30, 40)))
        {
            _ = group.Change(new SlotChange([SlotItem.Of(0)]) { Weight = 11 });
            _ = group.Change(new SlotChange([SlotItem.Of(0)]) { Weight = 12 });
        }

        using (IPinFolder pins = Backend.Pins.Open(Name)!)
        using (IBackendMap edits = pins.OpenMap("edits")!)
        {
            // The second edit is entry 0, the first one entry 1.
            byte[] value = edits.Lookup(Key(0))!;
            Damage(value, damage, text, edits.Lookup(Key(1))!);
            edits.Update(Key(0), value);
        }

        // The data of the second change are in force, and the first one is what is on record: whoever comes next makes them agree.
        using (ManagedGroup member = Member())
        {
            Assert.Equal(11, PolicyWeights.Of(member.Policy!, 0, 4));
            Assert.Equal(PolicyChange.Data, member.Plan(member.Policy!).Change);
            _ = member.Change(new SlotChange([SlotItem.Of(1)]) { Weight = 21 });
            CheckDecides(member, members);
        }

        using ManagedGroup found = Catalog().Find(Name)!;
        Assert.Equal([11, 21, 30, 40], Enumerable.Range(0, 4).Select(slot => PolicyWeights.Of(found.Policy!, slot, 4)!.Value));
        Assert.Equal(PolicyChange.None, found.Plan(found.Policy!).Change);
        CheckDecides(found, members);
    }

    /// <summary>The same changes to two groups, of which one has no map for edits and so a state written whole each time: what is read is the same.</summary>
    [Fact]
    public void Edits_over_a_state_say_what_a_state_written_whole_says()
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("REUSEPORTPS_SEED") ?? "1", CultureInfo.InvariantCulture);
        Random random = new(seed);
        _ = OpenMany("udp4", 4);
        using ManagedGroup first = Adopt(Shared(10, 20, 30, 40));
        int edited = World.NextPort();
        _ = Enumerable.Range(0, 4).Select(_ => Open("udp4", edited)).ToArray();
        string other = Name + "-edited";
        using ManagedGroup second = Catalog().Adopt(new GroupAdoptRequest(other, null, edited, null, [], World.Servers));
        second.Apply(Policy(Shared(10, 20, 30, 40)));
        uint state = StateId(other);
        int refused = 0;
        for (int change = 0; change < 40; change++)
        {
            (uint before, uint epoch) = (StateId(), first.Epoch);
            int kind = random.Next(5);
            int slot = random.Next(4);
            int number = random.Next(1, 50);
            string firstOutcome = Do(first, kind, slot, number, () => Unpin("edits"));
            string secondOutcome = Do(second, kind, slot, number, () => { });
            Assert.Equal(firstOutcome, secondOutcome);
            refused += firstOutcome.Length == 0 ? 0 : 1;
            using ManagedGroup one = Catalog().Find(Name)!;
            using ManagedGroup two = Catalog().Find(other)!;
            Assert.Equal(Told(one), Told(two));
            Assert.True(epoch == first.Epoch || before != StateId(), $"seed {seed}, change {change}: the state was not written whole");
        }

        Assert.Equal(state, StateId(other));
        Assert.True(refused < 20, $"seed {seed}: {refused} changes refused");
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: 40 changes, {refused} refused");
    }

    private static string Do(ManagedGroup group, int kind, int slot, int number, Action prepare)
    {
        prepare();
        try
        {
            switch (kind)
            {
                case 0:
                    _ = group.Change(new SlotChange([SlotItem.Of(slot)]) { Weight = number });
                    break;
                case 1:
                    _ = group.Change(new SlotChange([SlotItem.Of(slot)]) { State = (SlotState)(number % 3) });
                    break;
                case 2:
                    group.Apply(Policy(Shared(number, 2, 3, slot, prefixes: number % 20, spare: number % 3)));
                    break;
                case 3:
                    group.Apply(group.FindVersion(null));
                    break;
                default:
                    group.Apply(group.Policy! with { Name = $"name{number}" });
                    break;
            }

            return "";
        }
        catch (DiagnosticException exception) when (exception is not BackendException)
        {
            return exception.Diagnostics[0].Code;
        }
    }

    private static string Told(ManagedGroup group) => string.Join('\n', [
        group.Epoch.ToString(CultureInfo.InvariantCulture), group.Policy!.ToString(), .. Enumerable.Range(0, 4).Select(slot => $"{group.States[slot]} {group.States.GenerationOf(slot)}"),
        $"{group.Version!.Number} {group.Version.Text}", .. group.History.Select(version => $"{version.Number} {version.Text}"), $"{group.Plan(group.Policy).Change}"]);

    private void Damage(byte[] value, string damage, string? text, byte[] other)
    {
        switch (damage)
        {
            case "zeros":
                value.AsSpan().Clear();
                break;
            case "ones":
                value.AsSpan().Fill(0xff);
                break;
            case "text":
                value[HeaderSize + 5] ^= 1;
                break;
            case "digest":
                value[20] ^= 0x80;
                break;
            case "number":
                value[0] += 2;
                break;
            case "no number":
                value.AsSpan(0, 8).Clear();
                Sign(value);
                break;
            case "last number":
                value[0] = 3; // of the other entry
                Sign(value);
                break;
            case "other place":
                other.CopyTo(value, 0);
                break;
            case "other state":
                value[8]++;
                Sign(value);
                break;
            case "long":
                BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(12), value.Length - HeaderSize + 1);
                break;
            case "negative":
                BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(12), -1);
                break;
            case "half":
                value.AsSpan(value.Length / 2).CopyTo(value.AsSpan(HeaderSize));
                break;
            default:
                Encoding.UTF8.GetBytes(text!, value.AsSpan(HeaderSize));
                BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(12), Encoding.UTF8.GetByteCount(text!));
                Sign(value);
                break;
        }
    }

    /// <summary>Gives an entry the digest that belongs to it.</summary>
    private static void Sign(byte[] value) =>
        SHA256.HashData([.. value[..16], .. value.AsSpan(HeaderSize, BinaryPrimitives.ReadInt32LittleEndian(value.AsSpan(12)))]).CopyTo(value, 16);

    /// <summary>A policy with a table, a list, and a list that no rule uses: text alone. Other weights and prefixes are other data.</summary>
    private static string Shared(int zero, int one, int two, int three, int prefixes = 1, int spare = 1) => $$"""
        version: 1
        policy: shared
        lists:
          office: [{{string.Join(", ", Enumerable.Range(0, prefixes).Select(number => $"10.8.{number}.0/24"))}}]
          spare: [{{string.Join(", ", Enumerable.Range(0, spare).Select(number => $"10.{number / 256}.{number % 256}.0/24"))}}]
        rules:
          - when: { source: office }
            steer: { by: weighted, weights: { 0: {{zero}}, 1: {{one}}, 2: {{two}}, 3: {{three}} }, key: [source, source-port] }
        otherwise: { by: hash, key: [source, source-port] }
        """;

    private ManagedGroup Adopt(string policy)
    {
        ManagedGroup group = Catalog().Adopt(new GroupAdoptRequest(Name, null, Port, null, [], World.Servers));
        group.Apply(Policy(policy));
        return group;
    }

    /// <summary>The group as a member has it who has just started a shell.</summary>
    private ManagedGroup Member() => Catalog(MemberBackend.Before(Backend)).Find(Name)!;

    private uint StateId(string? name = null)
    {
        using IPinFolder pins = Backend.Pins.Open(name ?? Name)!;
        using IBackendMap state = pins.OpenMap("state")!;
        return state.Id;
    }

    private void Unpin(string pin)
    {
        using IPinFolder pins = Backend.Pins.Open(Name)!;
        pins.Unpin(pin);
    }

    private void CheckDecides(ManagedGroup group, IReadOnlyList<IBackendSocket> members)
    {
        bool[] seated = [.. group.ReadSlots().Select(slot => slot.Seats[0].Cookie != 0)];
        PolicyEvaluator evaluator = new(group.Policy!, group.SlotCount, group.States);

        // Clients in the list and out of it.
        Assert.All(Enumerable.Range(0, 24).Select(Client), flow => Assert.Equal(Slot(evaluator.Decide(flow, seated).Slot), Arrival(flow, members)));
    }
    private FlowKey Client(int index) => World.NextFlow(TransportProtocol.Udp, IpFamily.V4, Port) with { Source = FlowKey.ToNumber(new IPAddress([10, 8, (byte)index, 9])) };
}
