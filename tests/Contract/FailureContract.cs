using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Contract;

/// <summary>
/// Whatever operation of the kernel fails in the middle, the group is exactly as it was: for every n the n-th operation is
/// refused, and then the group decides, counts, reads and is pinned as before, and no handle more is open.
/// </summary>
public abstract class FailureContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string First = "by: weighted, weights: { 0: 60, 1: 30, 2: 10 }, key: source";
    private const string OtherData = "by: weighted, weights: { 0: 1, 1: 1, 2: 8 }, key: source";
    private const string OtherProgram = """
        version: 1
        policy: lists
        lists: { office: [10.8.0.0/17] }
        rules:
          - when: { source: office }
            steer: { by: hash, to: [0, 2] }
        otherwise: { by: slot, slot: 1 }
        """;

    [Theory]
    [InlineData(null, First)]
    [InlineData(First, OtherProgram)]
    [InlineData(First, OtherData)]
    [InlineData(OtherProgram, First)]
    [InlineData(First, "rename")]
    [InlineData(First, null)]
    public void Owned(string? before, string? after)
    {
        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);
        ManagedGroup group = catalog.Open(Small());
        EveryFailure(faulty, group, before, after, members: null);
    }

    [Theory]
    [InlineData(null, First)]
    [InlineData(First, OtherProgram)]
    [InlineData(First, OtherData)]
    [InlineData(OtherProgram, First)]
    [InlineData(First, "rename")]
    [InlineData(First, null)]
    public void Adopted(string? before, string? after)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3), .. OpenMany("udp6", 3)];
        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);
        using ManagedGroup group = catalog.Adopt(Adoption);
        EveryFailure(faulty, group, before, after, members);
    }

    /// <summary>A foreign program is attached to one of the kernel groups, and replaced by force: what fails puts it back.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Forced(bool adopted)
    {
        IBackendSocket[]? members = adopted ? [.. OpenMany("udp4", 3), .. OpenMany("udp6", 3)] : null;
        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);
        ManagedGroup group = adopted ? catalog.Adopt(Adoption) : catalog.Open(Small());
        group.Apply(Policy(First));
        IBackendProgram foreign = Load(TestPrograms.Return(0));
        SocketRecord target = Backend.FindSockets(new SocketQuery(
            TransportProtocol.Udp, Port, World.ServerV6, Namespace: World.Servers))[0];
        using (IBackendSocket member = Backend.AcquireSocket(target))
        {
            member.AttachProgram(foreign);
        }

        Every(faulty, () => Describe(group, faulty, members), () => group.Apply(Policy(OtherProgram), force: true));
        Assert.NotEqual(foreign.Id, Backend.InspectAttachment(target).ProgramId);
        if (adopted)
        {
            group.Dispose();
        }
    }

    /// <summary>A policy that waits to be confirmed: applied, kept, taken back, its slots changed, followed by another.</summary>
    [Theory]
    [InlineData("apply", true)]
    [InlineData("apply", false)]
    [InlineData("confirm", true)]
    [InlineData("confirm", false)]
    [InlineData("return", true)]
    [InlineData("slots", true)]
    [InlineData("next", true)]
    [InlineData("settle", true)]
    public void Waiting(string change, bool adopted)
    {
        TimeSpan within = TimeSpan.FromHours(1);
        IBackendSocket[]? members = adopted ? [.. OpenMany("udp4", 3), .. OpenMany("udp6", 3)] : null;
        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);
        ManagedGroup group = adopted ? catalog.Adopt(Adoption) : catalog.Open(Small());
        group.Apply(Policy(First));
        if (change != "apply")
        {
            group.Apply(Policy(OtherProgram), confirmWithin: change == "settle" ? TimeSpan.FromMilliseconds(1) : within);
            Backend.LetTimePass(TimeSpan.FromMilliseconds(2));
            _ = group.Plan(Policy(First));
        }

        Every(faulty, () => $"{group.State}, {group.Alternative}, {string.Join(", ", group.History)}\n{Describe(group, faulty, members)}", () =>
        {
            switch (change)
            {
                case "apply":
                    group.Apply(Policy(OtherData), confirmWithin: within);
                    break;
                case "confirm":
                    group.ConfirmPolicy();
                    break;
                case "slots":
                    group.Change(new SlotChange([SlotItem.Of(0)]) { State = SlotState.Draining });
                    break;
                case "next":
                    group.Apply(Policy("by: hash"), confirmWithin: within);
                    break;
                default:
                    group.RollBack();
                    break;
            }
        });
        if (adopted)
        {
            group.Dispose();
        }
    }

    /// <summary>A change of slots, and what is there to be put back: weights, states, loads, seats.</summary>
    [Theory]
    [InlineData("weight", true)]
    [InlineData("load", true)]
    [InlineData("clear", true)]
    [InlineData("clear", false)]
    [InlineData("seat", true)]
    [InlineData("generation", true)]
    [InlineData("sticky program", true)]
    public void Changes_of_slots(string change, bool adopted)
    {
        IBackendSocket[]? members = adopted ? [.. OpenMany("udp4", 3), .. OpenMany("udp6", 3)] : null;
        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);
        ManagedGroup group = adopted ? catalog.Adopt(Adoption) : catalog.Open(Small());
        group.Apply(Policy(change switch
        {
            "load" => "by: least-loaded, stale: 1h, to: [0]",
            "generation" => "by: generation, generations: [0-2], sticky: { entries: 64, idle: 60s }",
            "sticky program" => "by: hash, sticky: { entries: 64, idle: 60s }",
            _ => First,
        }));
        if (change == "load")
        {
            group.Change(new SlotChange([SlotItem.Of(0, 2)]) { Load = 5 });
        }

        if (change is "seat" or "generation")
        {
            members = [.. members!, .. OpenMany("udp4", 1), .. OpenMany("udp6", 1)];
        }

        Every(faulty, () => Describe(group, faulty, members), () =>
        {
            switch (change)
            {
                case "weight":
                    group.Change(new SlotChange([SlotItem.Of(1)]) { Weight = 77 });
                    break;
                case "load":
                    group.Change(new SlotChange([SlotItem.Of(1, 2)]) { Load = 9, State = SlotState.Standby });
                    break;
                case "clear":
                    group.ClearSlots([SlotItem.Of(1)]);
                    break;
                case "seat":
                    group.Seat(1, members![6].Cookie);
                    break;
                case "generation":
                    group.Synchronize(asGeneration: true);
                    break;
                default:
                    group.Apply(Policy("by: consistent, sticky: { entries: 64, idle: 60s }"));
                    break;
            }
        });
        if (adopted)
        {
            group.Dispose();
        }
    }

    [Fact]
    public void Open_leaves_nothing()
    {
        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);

        Every(
            faulty,
            () => $"{Backend.FindSockets(new SocketQuery(Port: Port, Namespace: World.Servers)).Count} sockets, {string.Join(' ', catalog.Names)}",
            () => catalog.Open(Small()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Adopt_leaves_nothing(bool force)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2), .. OpenMany("tcp6", 2)];
        if (force)
        {
            members[1].AttachProgram(Load(TestPrograms.Return(0)));
        }

        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);
        ManagedGroup? group = null;

        Every(faulty, State, () => group = catalog.Adopt(Adoption with { Force = force }));
        group!.Dispose();

        string State()
        {
            // Twice: seats are freed a grace period after their map, and those of the first time must be free for the next attempt too.
            Assert.True(AreUnseated(members) && AreUnseated(members));
            return string.Join('\n', members.Select(member => Backend.InspectAttachment(Record(member)).ToString()).Append(string.Join(' ', Backend.Pins.List())));
        }
    }

    /// <summary>A removal that fails leaves the group, or nothing of its program: it can be done again.</summary>
    [Fact]
    public void Remove_can_be_done_again()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2), .. OpenMany("udp6", 2)];
        FaultyBackend faulty = new(Backend);
        using GroupCatalog catalog = Catalog(faulty);
        catalog.Adopt(Adoption).Dispose();
        string handles = faulty.Handles;
        int n = 1;
        while (faulty.Disturb(n, () => catalog.Remove(Name)))
        {
            Assert.Equal(handles, faulty.Handles);
            Assert.Contains(Name, Backend.Pins.List());
            n++;
        }

        Assert.True(n > 4);
        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.All(members, member => Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(member)).State));
    }

    /// <summary>Two kernel groups: enough for one to be changed already when the other fails.</summary>
    private GroupOpenRequest Small() => Request() with { Protocols = [TransportProtocol.Udp], SlotCount = 3 };

    private void EveryFailure(FaultyBackend faulty, ManagedGroup group, string? before, string? after, IReadOnlyList<IBackendSocket>? members)
    {
        if (before is not null)
        {
            group.Apply(Policy(before));
        }

        SteeringPolicy? target = after == "rename" ? group.Policy! with { Name = "renamed" } : after is null ? null : Policy(after);
        ImmutableArray<CounterReading> counted = [];
        Every(
            faulty,
            () =>
            {
                string state = Describe(group, faulty, members);
                counted = before is null ? [] : Counts(group.ReadCounters());
                return state;
            },
            () =>
            {
                if (target is null)
                {
                    group.RemovePolicy();
                }
                else
                {
                    group.Apply(target);
                }
            },
            () =>
            {
                if (before is not null)
                {
                    Assert.Equal(counted, Counts(group.ReadCounters()));
                }
            });
        Assert.Equal(target, group.Policy);
        if (target is not null)
        {
            Assert.Equal(PolicyChange.None, group.Plan(target).Change);
        }
    }

    private static void Every(FaultyBackend faulty, Func<string> describe, Action operation, Action? afterwards = null)
    {
        string before = describe();
        string handles = faulty.Handles;
        int n = 1;
        while (faulty.Disturb(n, operation))
        {
            afterwards?.Invoke();
            Assert.Equal($"after {n} {faulty.Refused}: {handles}", $"after {n} {faulty.Refused}: {faulty.Handles}");
            Assert.Equal($"after {n} {faulty.Refused}\n{before}", $"after {n} {faulty.Refused}\n{describe()}");
            n++;
        }

        Assert.True(n > 2, "The operation has hardly any step that could fail.");
    }
}
