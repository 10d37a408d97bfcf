using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// Weights, states and loads of slots, and who sits in them.
public sealed partial class ManagedGroup
{
    /// <summary>The load of each slot as it was last told, as <see cref="SlotLoad"/>; empty when the policy looks at none.</summary>
    public ImmutableArray<ulong> ReadLoads() => _live?.ReadLoads() ?? [];

    /// <summary>The slots that items stand for, ascending, each once.</summary>
    /// <exception cref="DiagnosticException">The group has no such slot, or its policy no such name.</exception>
    public ImmutableArray<int> ResolveSlots(EquatableArray<SlotItem> items)
    {
        foreach (SlotItem item in items)
        {
            if (item.Name is not null && Policy?.Slots.Items.Any(named => named.Name == item.Name) != true)
            {
                string known = Policy is null || Policy.Slots.Count == 0 ? "there are none" : string.Join(", ", Policy.Slots.Items.Select(named => named.Name));
                throw NoSuchSlot($"The policy of group '{Name}' has no slots named '{item.Name}'.", $"Give slot numbers, or a name that 'slots:' of the policy defines: {known}.");
            }

            if (item.Name is null && item.Last >= SlotCount)
            {
                throw NoSuchSlot($"Group '{Name}' has slots 0 to {SlotCount - 1}, not {Math.Max(item.First, SlotCount)}.", "See Get-SocketSlot; Sync-ReuseportGroup adds slots for members that have come.");
            }
        }

        return [.. items.Items.SelectMany(item => Policy is not null ? Policy.ResolveSlots(item) : Enumerable.Range(item.First, item.Last - item.First + 1)).Distinct().Order()];

        static DiagnosticException NoSuchSlot(string message, string remedy) => new(Diagnostic.Error(GroupCodes.NoSuchSlot, message, remedy: remedy));
    }

    /// <summary>What a change of weights, states and loads would do; touches nothing.</summary>
    /// <exception cref="DiagnosticException">It makes no sense for the group: its remedy says why.</exception>
    public SlotPlan PlanSlots(SlotChange change)
    {
        Refresh();
        SteeringPolicy policy = Policy ?? throw new DiagnosticException(Diagnostic.Error(
            GroupCodes.NoPolicy,
            $"Group '{Name}' has {(Program is null ? "no policy: the kernel chooses among all members" : "a program in the place of a policy")}, so weights, states and loads of slots mean nothing.",
            remedy: "Apply a policy with Set-SteeringPolicy first."));
        ImmutableArray<int> slots = ResolveSlots(change.Slots);
        SteeringPolicy next = change.Weight is int weight ? PolicyWeights.With(policy, change.Slots, weight, change.Rule, SlotCount) : policy;
        SlotStates states = change.State is SlotState state ? slots.Aggregate(_states, (all, slot) => all.With(slot, state)) : _states;
        PolicyPlan plan = Plan(next, states);
        if (change.Load is not null && plan.Compiled.Maps.Loads < 0)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.NothingToChange, $"Policy '{policy.Name}' looks at no loads: nothing in it is 'by: least-loaded'.", remedy: "Set a policy with 'by: least-loaded', or give -Weight or -State."));
        }

        return new SlotPlan(slots, plan, [.. DeltasOf(policy, next, slots, states, change.Load)], [.. NotesOn(next, slots, states)]);
    }

    /// <summary>Changes weights, states and loads. Nothing is attached: packets are decided by the data before or by the data after. On failure the group keeps what it had.</summary>
    /// <param name="change">The change.</param>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <exception cref="DiagnosticException">It makes no sense for the group, a foreign program is attached, or the kernel refused.</exception>
    public SlotOutcome Change(SlotChange change, bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Settle(force);
        SlotPlan plan = PlanSlots(change);
        uint before = Epoch;
        ImmutableArray<ulong> loads = change.Load is null ? [] : ReadLoads();
        if (loads.Length > 0)
        {
            RequireMaker(plan.Policy);
        }

        try
        {
            if (loads.Length > 0)
            {
                StoreLoads(plan.Slots, _ => LoadNow(change.Load!.Value));
            }

            Carry(plan.Policy, force);
        }
        catch
        {
            TryPutBack(() => StoreLoads(loads.IsEmpty ? [] : plan.Slots, slot => loads[slot]));
            throw;
        }

        if (change.Load is uint load && loads.IsEmpty)
        {
            // The program was another version's, and its loads could not be read until it was replaced.
            StoreLoads(plan.Slots, _ => LoadNow(load));
        }

        return new SlotOutcome(plan, before, EpochAfter(before));
    }

    /// <summary>Begins to watch what slots still have to do.</summary>
    /// <param name="slots">The slots, which were just drained.</param>
    /// <param name="includesEstablished">Whether the connections of their workers, and the flows that flow tables keep for them, are counted too.</param>
    public SlotDrain WatchDrain(ImmutableArray<int> slots, bool includesEstablished) => new(_backend, this, _namespace ?? _backend.CurrentNamespace, slots, includesEstablished);

    /// <summary>What emptying the seats of some slots would do; touches nothing.</summary>
    public SlotPlan PlanClear(EquatableArray<SlotItem> items)
    {
        Refresh();
        ImmutableArray<int> slots = ResolveSlots(items);
        ImmutableArray<(KernelGroup Group, int Slot, ulong Cookie)> seats = SeatsOf(slots);
        ImmutableArray<int> emptied = [.. seats.Select(seat => seat.Slot).Distinct().Order()];
        if (seats.Length > 0 && _kernelGroups.FirstOrDefault(group => seats.Any(seat => seat.Group == group) && SeatedCookies(group).Count == seats.Count(seat => seat.Group == group)) is { } last)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.NobodyLeft, $"Nobody would sit in a slot of {last.Key} of group '{Name}' any more.",
                remedy: "Leave a slot, or remove the group with Remove-ReuseportGroup."));
        }

        // Whoever comes next starts active, and as another than the one who was there.
        SlotStates states = emptied.Aggregate(_states, (all, slot) => all.With(slot, SlotState.Active).Reseated(slot));
        return new SlotPlan(
            slots, PlanSeats(states),
            [
                .. seats.Select(seat => new SlotDelta(seat.Slot, seat.Group.Key.ToString(), Cookie(seat.Cookie), null)),
                .. emptied.Select(slot => GenerationDelta(slot, states)),
            ],
            emptied.IsEmpty ? [] : Ownership == GroupOwnership.Owned
                ? ["The sockets stay open; Set-SocketSlot -Socket seats them again."]
                : ["The sockets stay open and in their groups: Sync-ReuseportGroup gives those that still live a seat again."]);
    }

    /// <summary>Empties the seats of some slots. Flows that a flow table kept for them do not count any more, whoever sits there next. On failure everybody sits where they sat.</summary>
    /// <exception cref="DiagnosticException">Nobody would be left, a foreign program is attached, or the kernel refused.</exception>
    public SlotOutcome ClearSlots(EquatableArray<SlotItem> items, bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Settle(force);
        SlotPlan plan = PlanClear(items);
        uint before = Epoch;
        ImmutableArray<(KernelGroup Group, int Slot, ulong Cookie)> seats = SeatsOf(plan.Slots);
        if (!seats.IsEmpty)
        {
            using SeatChange change = new();
            foreach ((KernelGroup group, int slot, ulong cookie) in seats)
            {
                change.Empty(group, slot, change.Hold(HandleOf(group, cookie)));
            }

            CarrySeats(plan, change, force);
        }

        return new SlotOutcome(plan, before, EpochAfter(before));
    }

    /// <summary>What seating a member in a slot would do; touches nothing.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="cookie">The member's cookie.</param>
    /// <exception cref="DiagnosticException">It is no member of the group, or sits in another slot of it.</exception>
    public SlotPlan PlanSeat(int slot, ulong cookie) => PlanSeat(slot, cookie, out _, out _);

    /// <summary>Seats a member in a slot; who sat there loses the seat, in one step. On failure everybody sits where they sat.</summary>
    /// <exception cref="DiagnosticException">It is no member of the group, sits in another slot of it, a foreign program is attached, or the kernel refused.</exception>
    public SlotOutcome Seat(int slot, ulong cookie, bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Settle(force);
        SlotPlan plan = PlanSeat(slot, cookie, out KernelGroup group, out SocketRecord member);
        uint before = Epoch;
        if (!plan.Deltas.IsEmpty)
        {
            using SeatChange change = new();
            ulong occupant = group.CookieAt(slot);
            IBackendSocket newcomer = change.Hold(HandleOf(group, cookie));
            change.Fill(_backend, group, slot, member, newcomer, occupant == 0 ? null : change.Hold(HandleOf(group, occupant)));
            CarrySeats(plan, change, force);
        }

        return new SlotOutcome(plan, before, EpochAfter(before));
    }

    private SlotPlan PlanSeat(int slot, ulong cookie, out KernelGroup group, out SocketRecord member)
    {
        Refresh();
        _ = ResolveSlots([SlotItem.Of(slot)]);
        (group, member) = FindAnywhere(cookie);
        KernelGroup own = group;
        int present = Enumerable.Range(0, SlotCount).FirstOrDefault(number => own.CookieAt(number) == cookie, -1);
        if (present >= 0 && present != slot)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.CannotSeat, $"The socket with cookie {cookie} sits in slot {present} of group '{Name}': a socket keeps its seat, for a move is a gap in which its packets go elsewhere.",
                remedy: $"To move it all the same, empty slot {present} first with Clear-SocketSlot."));
        }

        SlotStates states = present == slot ? _states : _states.Reseated(slot);
        ulong occupant = group.CookieAt(slot);
        return new SlotPlan(
            [slot], PlanSeats(states),
            present == slot ? [] : [new SlotDelta(slot, group.Key.ToString(), occupant == 0 ? null : Cookie(occupant), Cookie(cookie)), GenerationDelta(slot, states)],
            []);
    }

    /// <summary>The plan of a change of seats: the policy stays, and counts the seats anew. Without a policy there is nothing to compile.</summary>
    private PolicyPlan PlanSeats(SlotStates states)
    {
        if (Policy is SteeringPolicy policy)
        {
            return Plan(policy, states);
        }

        SteeringPolicy passing = new() { Otherwise = new SteerAction(new KernelBalancer()) };
        return new PolicyPlan(passing, Compile(passing, states), PolicyChange.None, []) { States = states };
    }

    private void CarrySeats(SlotPlan plan, SeatChange change, bool force)
    {
        if (Policy is not null)
        {
            Carry(plan.Policy, force, change.Do);
            change.Keep();
            if (LooksUpCookies)
            {
                // The cookies that connection ids carry are of those who sit there now.
                Carry(Plan(plan.Policy.Policy, _states), force);
            }

            return;
        }

        GroupState state = Uncompiled(policy: null, epoch: 0, plan.Policy.States);
        RequireMaker(state);
        RequireOurs(force);
        change.Do();
        SaveState(state);
        _states = plan.Policy.States;
        change.Keep();
    }

    private IEnumerable<SlotDelta> DeltasOf(SteeringPolicy before, SteeringPolicy after, ImmutableArray<int> slots, SlotStates states, uint? load)
    {
        ImmutableArray<ulong> loads = load is null ? [] : ReadLoads();
        foreach (int slot in slots)
        {
            if (!before.Equals(after) && (PolicyWeights.Of(before, slot, SlotCount), PolicyWeights.Of(after, slot, SlotCount)) is var (old, now) && (old != now || now is null))
            {
                yield return new SlotDelta(slot, "Weight", Number(old), Number(now));
            }

            if (states[slot] != _states[slot])
            {
                yield return new SlotDelta(slot, "State", _states[slot].ToString(), states[slot].ToString());
            }

            if (load is uint told)
            {
                yield return new SlotDelta(slot, "Load", loads.Length > slot && loads[slot] != 0 ? Number((uint)loads[slot]) : null, Number(told));
            }
        }

        static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);
    }

    private IEnumerable<string> NotesOn(SteeringPolicy policy, ImmutableArray<int> slots, SlotStates states)
    {
        if (slots.All(slot => states[slot] == SlotState.Active))
        {
            yield break;
        }

        foreach ((int position, _) in policy.ActionsBy<KernelBalancer>())
        {
            yield return $"'{policy.ActionName(position)}' leaves the choice to the kernel, which knows no states: it gives new flows to every member.";
        }

        foreach (int position in NewFlowSlots.Stranded(policy, SlotCount, states))
        {
            yield return $"'{policy.ActionName(position)}' has no slot left that takes new flows: what its rule matches goes on to '{SteeringPolicy.OtherwiseName}' or where on-miss says.";
        }
    }

    /// <summary>Refuses what would leave new flows to the kernel, or nobody, because of the states of the slots.</summary>
    private void RequireSlotsFor(SteeringPolicy policy, SlotStates states)
    {
        foreach (int position in NewFlowSlots.Stranded(policy, SlotCount, states))
        {
            bool goesOn = position == policy.Rules.Count
                ? policy.OnMiss.Kind == MissKind.Slot && !NewFlowSlots.Usable([.. policy.ResolveSlots(policy.OnMiss.Slot)], states).IsEmpty
                : policy.OnMiss.Kind != MissKind.Kernel;
            if (!goesOn)
            {
                throw new DiagnosticException(Diagnostic.Error(
                    GroupCodes.NobodyLeft,
                    $"All slots that '{policy.ActionName(position)}' of policy '{policy.Name}' may give new flows to would be draining: {string.Join(", ", SlotItem.Ranges(NewFlowSlots.Of(policy, policy.ActionAt(position), SlotCount)))}.",
                    remedy: "Leave one active or on standby, or make another active first with Resume-SocketSlot."));
            }
        }
    }

    /// <summary>The epoch as it was saved with the last change: asking the map once more could fail, after everything is done.</summary>
    private uint EpochAfter(uint before) => _live is null ? before : _savedEpoch;

    private ulong LoadNow(uint load) => SlotLoad.Pack(load, _backend.MonotonicTime);

    private void StoreLoads(IEnumerable<int> slots, Func<int, ulong> load)
    {
        foreach (int slot in slots)
        {
            _live!.StoreLoad(slot, load(slot));
        }
    }

    private ImmutableArray<(KernelGroup Group, int Slot, ulong Cookie)> SeatsOf(ImmutableArray<int> slots) =>
    [
        .. slots.SelectMany(slot => _kernelGroups.Select(group => (Group: group, Slot: slot, Cookie: group.CookieAt(slot)))).Where(seat => seat.Cookie != 0),
    ];

    /// <summary>A handle on a member, and whether it is for this change only.</summary>
    private (IBackendSocket Socket, bool IsOurs) HandleOf(KernelGroup group, ulong cookie)
    {
        if (group.OwnSockets.FirstOrDefault(socket => socket.Cookie == cookie) is { } own)
        {
            return (own, true);
        }

        IReadOnlyList<SocketRecord> found = _backend.FindSockets(new SocketQuery(group.Key.Protocol, Cookie: cookie, Namespace: _namespace));
        return (_backend.AcquireSocket(found.Count > 0 ? found[0] : throw NoMember(group)), false);
    }

    private (KernelGroup Group, SocketRecord Member) FindAnywhere(ulong cookie)
    {
        SocketRecord? member = _kernelGroups.Select(group => group.Key.Protocol).Distinct()
            .SelectMany(protocol => _backend.FindSockets(new SocketQuery(protocol, Cookie: cookie, Namespace: _namespace)))
            .FirstOrDefault(socket => socket.Cookie == cookie);
        KernelGroup? group = member is null || member.IsConnected ? null : _kernelGroups.FirstOrDefault(group => group.Key == KernelGroupKey.Of(member));
        return group is not null ? (group, member!) : throw new DiagnosticException(Diagnostic.Error(
            GroupCodes.CannotSeat,
            member is null ? $"No socket with cookie {cookie} listens or is bound in the network namespace of group '{Name}'."
                : member.IsConnected ? $"The socket with cookie {cookie} is connected, and so a member of no group."
                : $"The socket with cookie {cookie} is of {KernelGroupKey.Of(member)}, and group '{Name}' has {string.Join(", ", _kernelGroups.Select(kernelGroup => kernelGroup.Key))}.",
            remedy: "Find-ReuseportSocket lists sockets with their cookies and groups."));
    }

    private static string Cookie(ulong cookie) => string.Create(CultureInfo.InvariantCulture, $"cookie {cookie}");

    private SlotDelta GenerationDelta(int slot, SlotStates states) => new(
        slot, "Generation", _states.GenerationOf(slot).ToString(CultureInfo.InvariantCulture), states.GenerationOf(slot).ToString(CultureInfo.InvariantCulture));

    private static void TryPutBack(Action action)
    {
        try
        {
            action();
        }
        catch (BackendException)
        {
            // What began the roll-back is the error to report.
        }
    }
}
