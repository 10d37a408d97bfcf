using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// Groups whose pins are gone while their server lives.
public sealed partial class GroupCatalog
{
    /// <summary>By kernel group the program of this project that decides there without its pins; null where there is no program, or one of others that may be replaced.</summary>
    /// <exception cref="DiagnosticException">A program of others without force (RPS5305), or one without its pins that was not to be taken up (RPS5326).</exception>
    private LostProgram?[] FindLost(GroupAdoptRequest request, ImmutableArray<IGrouping<KernelGroupKey, SocketRecord>> byGroup, INetworkNamespace? place)
    {
        LostProgram?[] lost = new LostProgram?[byGroup.Length];
        try
        {
            for (int index = 0; index < lost.Length; index++)
            {
                Attachment attachment = Backend.InspectAttachment(byGroup[index].First());
                if (attachment.State == AttachmentState.None)
                {
                    continue;
                }

                lost[index] = TryOpenLost(byGroup[index].Key, attachment, place);
                if (request.Force)
                {
                    continue;
                }

                LostProgram program = lost[index] ?? throw ForeignProgram.Refusal(request.Name, byGroup[index].Key, attachment);
                if (!request.Recover)
                {
                    throw program.Refusal(request.Name);
                }

                if (Backend.FindHolders(program.Program) is [string holder, ..])
                {
                    throw program.HeldRefusal(request.Name, holder);
                }
            }

            return lost;
        }
        catch
        {
            Array.ForEach(lost, program => program?.Dispose());
            throw;
        }
    }

    private LostProgram? TryOpenLost(KernelGroupKey key, Attachment attachment, INetworkNamespace? place)
    {
        LostProgram? found = IsGroups(attachment.ProgramId) ? null : LostProgram.TryOpen(Backend, key, attachment, place);
        bool isLost = false;
        try
        {
            isLost = found is not null && !IsPinned(found);
        }
        finally
        {
            if (!isLost)
            {
                found?.Dispose();
            }
        }

        return isLost ? found : null;
    }

    private bool IsLost(KernelGroupKey key, Attachment attachment, INetworkNamespace? place)
    {
        using LostProgram? lost = TryOpenLost(key, attachment, place);
        return lost is not null;
    }

    private bool IsGroups(uint programId) => _owned.Values.Any(group => group.ProgramIds.Contains(programId));

    /// <summary>Whether the pins of a group hold the program or its seats. Those of a group that may not be opened hold nothing as far as this process is concerned: it could not have attached there.</summary>
    private bool IsPinned(LostProgram lost)
    {
        foreach (string name in Backend.Pins.List())
        {
            using IPinFolder? folder = Backend.Pins.Open(name);
            foreach (string pin in folder?.Names ?? [])
            {
                if (pin.StartsWith(ManagedGroup.ProgramPinPrefix, StringComparison.Ordinal))
                {
                    using IBackendProgram? program = folder!.OpenProgram(pin);
                    if (program?.Id == lost.Program.Id)
                    {
                        return true;
                    }
                }
                else if (pin.StartsWith(ManagedGroup.SeatsPinPrefix, StringComparison.Ordinal))
                {
                    using IBackendMap? seats = folder!.OpenMap(pin);
                    if (seats?.Id == lost.Seats.Id)
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    /// <summary>Makes a group of programs that lost their pins: they stay attached and members keep their seats, so that nothing moves. Kernel groups without a program are adopted beside them.</summary>
    private ManagedGroup Recover(
        GroupAdoptRequest request, ImmutableArray<IGrouping<KernelGroupKey, SocketRecord>> byGroup, LostProgram?[] lost, INetworkNamespace? place, bool opensPlace)
    {
        AppliedProgram? applied = lost.Select(program => program?.Applied).FirstOrDefault(program => program is not null);
        if (request.Freeze && applied?.Name != FrozenHashProgram.Name)
        {
            throw KernelChoice.AdoptedAlready(request.Name);
        }

        IPinFolder folder = Backend.Pins.Create(request.Name, request.PinGroup);
        List<KernelGroup> kernelGroups = [];
        try
        {
            int slots = 0;
            for (int index = 0; index < lost.Length; index++)
            {
                ImmutableArray<SocketRecord> members = [.. byGroup[index]];
                kernelGroups.Add(lost[index] is LostProgram program
                    ? new KernelGroup(byGroup[index].Key, program.Seats, []) { NamespaceCookie = NamespaceCookieOf(members[0]) }
                    : Seat(byGroup[index].Key, Seating.InKernelOrder(Backend, members), place));
                slots = Math.Max(slots, lost[index]?.SlotCount ?? members.Length);
            }

            ManagedGroup group = new(request.Name, GroupOwnership.Adopted, slots, [.. kernelGroups], Backend, text, folder, place, opensPlace);
            group.Install(
                index => lost[index]?.Program ?? Backend.LoadProgram(PassingProgram.Spec, [kernelGroups[index].Seats]), applied, request.Force, [.. byGroup.Select(members => members.First())], SharedMaps(lost));
            Array.ForEach(lost, program => program?.Keep());
            return group;
        }
        catch
        {
            // Program and seats of what was lost are closed with it.
            foreach ((int index, KernelGroup kernelGroup) in kernelGroups.Index().Where(group => lost[group.Index] is null))
            {
                kernelGroup.Dispose();
            }

            folder.Dispose();
            throw;
        }
    }

    private ulong NamespaceCookieOf(SocketRecord member)
    {
        using IBackendSocket socket = Backend.AcquireSocket(member);
        return socket.NamespaceCookie;
    }

    /// <summary>The maps of a policy's program, by name: what keeps its flows and loads. None when the programs do not share theirs, and so are not of one group.</summary>
    private static IEnumerable<(string Name, IBackendMap Map)> SharedMaps(LostProgram?[] lost)
    {
        LostProgram[] policies = [.. lost.OfType<LostProgram>().Where(program => program.Program.Name == PolicyCompiler.ProgramName)];
        bool isOne = policies.Select(program => string.Join(',', program.Maps.Select(map => map.Id).Order())).Distinct(StringComparer.Ordinal).Count() == 1;
        return isOne ? policies[0].Maps.Select(map => (map.Spec.Name, map)) : [];
    }
}
