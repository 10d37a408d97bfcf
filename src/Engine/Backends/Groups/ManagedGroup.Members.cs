using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// Members that come and go.
public sealed partial class ManagedGroup
{
    /// <summary>
    /// Looks again: gives members that have none a seat (the lowest slot whose seat in their kernel group is empty, or a new slot), attaches the program where
    /// a restart has lost it, and compiles the policy anew when there are more slots than before. Does nothing to a group that is as it should be; an own
    /// group always is. On failure the group keeps what it had.
    /// </summary>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <exception cref="DiagnosticException">A foreign program is attached, the members are in another network namespace, or the kernel refused.</exception>
    public GroupSynchronization Synchronize(bool force = false)
    {
        if (Ownership != GroupOwnership.Adopted)
        {
            return new GroupSynchronization([], [], [], SlotCount, SlotCount, EmptySlots());
        }

        using IDisposable held = _backend.Pins.Lock(Name);
        Refresh();
        int before = SlotCount;
        List<(KernelGroup Group, int Slot, SocketRecord Member)> seated = [];
        List<(SocketRecord Member, string Reason)> unseatable = [];
        ImmutableArray<KernelGroupKey> attached;
        try
        {
            foreach (KernelGroup group in _kernelGroups)
            {
                ImmutableArray<SocketRecord> members = FindMembers(group);
                if (members.IsEmpty)
                {
                    RequireEmpty(group);
                    continue;
                }

                HashSet<ulong> known = SeatedCookies(group);
                RequireOurs(group, members.FirstOrDefault(member => known.Contains(member.Cookie)) ?? members[0], force);
                SeatNewcomers(group, Seating.InKernelOrder(_backend, [.. members.Where(member => !known.Contains(member.Cookie))]), seated, unseatable);
            }

            int slots = seated.Count == 0 ? before : Math.Max(before, seated.Max(seat => seat.Slot) + 1);
            KernelGroup[] lost = [.. Lost()];
            if (slots > before)
            {
                Grow(slots, lost, force);
            }
            else
            {
                AttachAgain(lost, force, savesState: false);
            }

            attached = [.. lost.Select(group => group.Key)];
        }
        catch
        {
            SlotCount = before;
            foreach ((KernelGroup group, int slot, _) in seated)
            {
                Unseat(group, slot);
            }

            throw;
        }

        return new GroupSynchronization([.. seated.Select(seat => (seat.Slot, seat.Member))], [.. unseatable], attached, before, SlotCount, EmptySlots());
    }

    private ImmutableArray<int> EmptySlots() => [.. ReadSlots().Where(slot => slot.Seats.All(seat => seat.Cookie == 0)).Select(slot => slot.Slot)];

    // Connected UDP sockets have left the group.
    private ImmutableArray<SocketRecord> FindMembers(KernelGroup group) =>
    [
        .. _backend.FindSockets(new SocketQuery(group.Key.Protocol, group.Key.Port, group.Key.Address, Namespace: _namespace))
            .Where(socket => !socket.IsConnected && KernelGroupKey.Of(socket) == group.Key),
    ];

    private void SeatNewcomers(
        KernelGroup group, ImmutableArray<SocketRecord> newcomers, List<(KernelGroup Group, int Slot, SocketRecord Member)> seated,
        List<(SocketRecord Member, string Reason)> unseatable)
    {
        int slot = 0;
        foreach (SocketRecord member in newcomers)
        {
            while (slot < SlotCount && group.CookieAt(slot) != 0)
            {
                slot++;
            }

            if (slot == KernelGroup.SeatCapacity)
            {
                unseatable.Add((member, $"all {KernelGroup.SeatCapacity} seats are taken"));
                continue;
            }

            try
            {
                using IBackendSocket socket = _backend.AcquireSocket(member);
                if (socket.GetOption(SocketOption.ReusePort) == 0)
                {
                    unseatable.Add((member, "it was bound without SO_REUSEPORT"));
                    continue;
                }

                Seating.Put(_backend, group.Seats, slot, socket, member);
                seated.Add((group, slot, member));
                slot++;
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
            CompiledPolicy compiled = Compile(policy);
            ApplyProgram(new PolicyPlan(policy, compiled, PolicyChange.Program, Describe(PolicyChange.Program, compiled)), force);
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
            transaction.Put(group.Attached, OpenMember(transaction, group, member), OpenAttached(transaction, group, found));
        }

        if (savesState)
        {
            SaveState(policy: null, compiled: null, _generation, [.. _kernelGroups.Select(group => group.Program).OfType<IBackendProgram>()], epoch: 0, Program);
        }

        transaction.Commit();
    }

    // Kernel groups whose program is gone with the group that it was attached to.
    private IEnumerable<KernelGroup> Lost() => _kernelGroups.Where(group =>
        !group.Attached.IsNothing && FindMember(group) is SocketRecord member && _backend.InspectAttachment(member).State == AttachmentState.None);

    private static void Unseat(KernelGroup group, int slot)
    {
        try
        {
            group.Seats.Delete(KernelGroup.SlotKey(slot));
        }
        catch (BackendException)
        {
            // The member died, and its seat is empty: what began the roll-back is the error to report.
        }
    }
}
