using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// Members that come and go.
public sealed partial class ManagedGroup
{
    /// <summary>
    /// Looks again: gives members that have none a seat (the lowest slot whose seat in their kernel group is empty, or a new slot), attaches the program where
    /// a restart has lost it, and compiles the policy anew when there are more slots than before. A seat that is given anew is another's: flows that a flow
    /// table kept for the one before do not count. Does nothing to a group that is as it should be; an own group always is. On failure the group keeps what it had.
    /// </summary>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <param name="asGeneration">Whether those that get a seat are a new generation of the server: they get slots of their own, and the policy's <c>by: generation</c> gives new flows to them.</param>
    /// <exception cref="DiagnosticException">A foreign program is attached, the members are in another network namespace, the policy has no generations, or the kernel refused.</exception>
    public GroupSynchronization Synchronize(bool force = false, bool asGeneration = false)
    {
        if (Ownership != GroupOwnership.Adopted)
        {
            return new GroupSynchronization([], [], [], SlotCount, SlotCount, EmptySlots());
        }

        using IDisposable held = _backend.Pins.Lock(Name);
        Settle(force);
        RequireGenerations(asGeneration);
        int before = SlotCount;
        (SteeringPolicy? policy, SlotStates states) = (Policy, _states);
        List<(KernelGroup Group, int Slot, SocketRecord Member)> seated = [];
        List<(SocketRecord Member, string Reason)> unseatable = [];
        KernelGroup[] lost;
        try
        {
            ImmutableArray<(KernelGroup Group, ImmutableArray<SocketRecord> Newcomers)> arrivals = [.. FindNewcomers(force)];
            ImmutableArray<int> free = FreeSlots(arrivals, asGeneration);
            Reseat([.. free.Where(slot => slot < before)], asGeneration, force);
            foreach ((KernelGroup group, ImmutableArray<SocketRecord> newcomers) in arrivals)
            {
                SeatNewcomers(group, newcomers, asGeneration ? free : [.. Enumerable.Range(0, KernelGroup.SeatCapacity)], seated, unseatable);
            }

            int slots = seated.Count == 0 ? before : Math.Max(before, seated.Max(seat => seat.Slot) + 1);
            lost = [.. Lost()];
            if (asGeneration && seated.Count > 0)
            {
                SlotCount = slots;
                Carry(Plan(PolicyGenerations.With(policy!, [.. seated.Select(seat => seat.Slot).Distinct().Order()], IsTaken), _states), force);
            }
            else if (slots > before)
            {
                Grow(slots, lost, force);
            }
            else
            {
                AttachAgain(lost, force, savesState: false);
                if (seated.Count > 0 && LooksUpCookies)
                {
                    Carry(Plan(Policy!, _states), force);
                }
            }
        }
        catch
        {
            SlotCount = before;
            foreach ((KernelGroup group, int slot, _) in seated)
            {
                Unseat(group, slot);
            }

            TryPutBack(() => SetStates(policy, states, force));
            throw;
        }

        return new GroupSynchronization(
            [.. seated.Select(seat => (seat.Slot, seat.Member))], [.. unseatable], [.. lost.Select(group => group.Key)], before, SlotCount, EmptySlots());
    }

    private void RequireGenerations(bool asGeneration)
    {
        if (asGeneration && (Policy is null || !PolicyGenerations.HasAny(Policy)))
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.NoGenerations, $"Group '{Name}' has no policy with 'by: generation', so there is no generation that the new members could be.",
                remedy: "Set a policy with 'by: generation, generations: [0-3]' before the new server starts, or synchronize without -NewGeneration."));
        }
    }

    /// <summary>By kernel group the members that have no seat, in the kernel's order.</summary>
    private IEnumerable<(KernelGroup Group, ImmutableArray<SocketRecord> Newcomers)> FindNewcomers(bool force)
    {
        foreach (KernelGroup group in _kernelGroups)
        {
            ImmutableArray<SocketRecord> members = FindMembers(group);
            if (members.IsEmpty)
            {
                RequireEmpty(group);
                GroupNamespaces.RequireAlive(Name, group.Key, Place);
                continue;
            }

            HashSet<ulong> known = SeatedCookies(group);
            RequireOurs(group, members.FirstOrDefault(member => known.Contains(member.Cookie)) ?? members[0], force);
            yield return (group, Seating.InKernelOrder(_backend, [.. members.Where(member => !known.Contains(member.Cookie))]));
        }
    }

    /// <summary>The slots that newcomers may get: of a generation those that nobody sits in, in any kernel group, then new ones.</summary>
    private ImmutableArray<int> FreeSlots(ImmutableArray<(KernelGroup Group, ImmutableArray<SocketRecord> Newcomers)> arrivals, bool asGeneration)
    {
        int most = arrivals.Select(arrival => arrival.Newcomers.Length).DefaultIfEmpty(0).Max();
        if (asGeneration)
        {
            return [.. Enumerable.Range(0, KernelGroup.SeatCapacity).Where(slot => slot >= SlotCount || !IsTaken(slot)).Take(most)];
        }

        return
        [
            .. arrivals.SelectMany(arrival => Enumerable.Range(0, SlotCount).Where(slot => arrival.Group.CookieAt(slot) == 0).Take(arrival.Newcomers.Length)).Distinct().Order(),
        ];
    }

    private bool IsTaken(int slot) => _kernelGroups.Any(group => group.CookieAt(slot) != 0);

    /// <summary>Who sits down next in a slot is another, before they sit there.</summary>
    private void Reseat(ImmutableArray<int> slots, bool activates, bool force)
    {
        if (!slots.IsEmpty)
        {
            SetStates(Policy, slots.Aggregate(_states, (states, slot) => (activates ? states.With(slot, SlotState.Active) : states).Reseated(slot)), force);
        }
    }

    private void SetStates(SteeringPolicy? policy, SlotStates states, bool force)
    {
        if (states.Equals(_states, SlotCount) && (policy is null || policy.Equals(Policy)))
        {
            return;
        }

        if (policy is null || _live is null)
        {
            // A program of another version stays on record as that: it is replaced when the policy is next applied.
            SaveState(Uncompiled(policy, _savedEpoch, states));
            _states = states;
        }
        else if (_kernelGroups.All(IsInForce))
        {
            Carry(Plan(policy, states), force);
        }
        else
        {
            // A restart has lost the program, and nobody is decided by its data: the seats count from when it is attached again.
            CompiledPolicy compiled = Compile(policy, states);
            Carry(new PolicyPlan(policy, compiled, PolicyChange.Data, []) { States = states }, force);
        }
    }

    /// <summary>How many members have no seat: <see cref="Synchronize"/> gives them one.</summary>
    public int CountUnseated() => _kernelGroups.Sum(group => FindMembers(group).Select(member => member.Cookie).Except(SeatedCookies(group)).Count());

    private ImmutableArray<int> EmptySlots() => [.. ReadSlots().Where(slot => slot.Seats.All(seat => seat.Cookie == 0)).Select(slot => slot.Slot)];

    // Connected UDP sockets have left the group.
    private ImmutableArray<SocketRecord> FindMembers(KernelGroup group) =>
    [
        .. _backend.FindSockets(new SocketQuery(group.Key.Protocol, group.Key.Port, group.Key.Address, Namespace: _namespace))
            .Where(socket => !socket.IsConnected && KernelGroupKey.Of(socket) == group.Key),
    ];

    private void SeatNewcomers(
        KernelGroup group, ImmutableArray<SocketRecord> newcomers, ImmutableArray<int> free, List<(KernelGroup Group, int Slot, SocketRecord Member)> seated,
        List<(SocketRecord Member, string Reason)> unseatable)
    {
        int next = 0;
        foreach (SocketRecord member in newcomers)
        {
            while (next < free.Length && free[next] < SlotCount && group.CookieAt(free[next]) != 0)
            {
                next++;
            }

            if (next == free.Length)
            {
                unseatable.Add((member, $"all {KernelGroup.SeatCapacity} seats are taken"));
                continue;
            }

            try
            {
                using IBackendSocket socket = _backend.AcquireSocket(member);
                GroupNamespaces.RequireSame(Name, group, socket);
                if (socket.GetOption(SocketOption.ReusePort) == 0)
                {
                    unseatable.Add((member, "it was bound without SO_REUSEPORT"));
                    continue;
                }

                Seating.Put(_backend, group.Seats, free[next], socket, member);
                seated.Add((group, free[next++], member));
            }
            catch (BackendException exception) when (exception.Errno is Errno.ENOTSUPP or Errno.ESRCH)
            {
                // An MPTCP listener, or a member that is gone again: no reason to leave the others without seats.
                unseatable.Add((member, exception.Diagnostics[0].Message));
            }
        }
    }

    // A policy without `to` means all slots: it is compiled for as many as there are.
    private void Grow(int slots, KernelGroup[] lost, bool force)
    {
        SlotCount = slots;
        if (Policy is SteeringPolicy policy)
        {
            CompiledPolicy compiled = Compile(policy, _states);
            ApplyProgram(new PolicyPlan(policy, compiled, PolicyChange.Program, Describe(PolicyChange.Program, compiled)) { FlowTables = TablesAcross(policy), States = _states }, force);
        }
        else
        {
            AttachAgain(lost, force, savesState: true);
        }
    }

    // The program of a group without a policy, or with one that stays: to kernel groups that have lost it.
    private void AttachAgain(KernelGroup[] lost, bool force, bool savesState)
    {
        using AttachTransaction transaction = new();
        foreach (KernelGroup group in lost)
        {
            SocketRecord member = FindMember(group) ?? throw NoMember(group);
            Attachment found = RequireOurs(group, member, force);
            IBackendSocket handle = OpenMember(transaction, group, member);
            transaction.Put(group.Attached, handle, OpenAttached(transaction, group, found));
            LookAgain(transaction, group, member, handle, group.Attached);
        }

        if (savesState)
        {
            SaveState(Uncompiled(policy: null, epoch: 0, _states));
        }

        transaction.Commit();
    }

    /// <summary>Attaches the programs that are on record to kernel groups that have none: a restart has lost them, or the shell that adopted them died before.</summary>
    internal void AttachLost() => AttachAgain([.. Lost()], force: false, savesState: false);

    // Kernel groups whose program is gone with the group that it was attached to.
    private IEnumerable<KernelGroup> Lost() => _kernelGroups.Where(group =>
        !group.Attached.IsNothing && FindMember(group) is SocketRecord member && _backend.InspectAttachment(member).State == AttachmentState.None);

    // A member that died has left its seat already.
    private static void Unseat(KernelGroup group, int slot) => TryPutBack(() => group.Seats.Delete(KernelGroup.SlotKey(slot)));
}
