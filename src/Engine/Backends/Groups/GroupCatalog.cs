using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>The groups of one backend: those this process owns, and those kept in pins.</summary>
/// <param name="backend">The backend.</param>
/// <param name="text">How policies are kept.</param>
/// <param name="namespaces">Network namespaces, beside the backend's current one, in which groups found in pins may have their members.</param>
public sealed partial class GroupCatalog(IReuseportBackend backend, PolicyText text, params ImmutableArray<INetworkNamespace> namespaces) : IDisposable
{
    private const int PortAttempts = 16;

    private readonly SortedDictionary<string, ManagedGroup> _owned = new(StringComparer.Ordinal);

    /// <summary>The backend.</summary>
    public IReuseportBackend Backend { get; } = backend;

    /// <summary>Names of every group, in ordinal order.</summary>
    public ImmutableArray<string> Names => [.. _owned.Keys.Union(Backend.Pins.List(), StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The group of a name, or null.</summary>
    public ManagedGroup? Find(string name)
    {
        if (_owned.TryGetValue(name, out ManagedGroup? owned))
        {
            owned.Refresh();
            return owned;
        }

        return Backend.Pins.Open(name) is { } folder ? OpenPinned(name, folder) : null;
    }

    /// <summary>Opens a group with sockets of one's own.</summary>
    /// <exception cref="DiagnosticException">A name in use, an address in use, or a refusal of the kernel; nothing stays behind.</exception>
    public ManagedGroup Open(GroupOpenRequest request)
    {
        GroupName.Require(request.Name);
        RequireUnused(request.Name);
        if (request.SlotCount is < 1 or > KernelGroup.SeatCapacity || request.Addresses.IsEmpty || request.Protocols.IsEmpty)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.BadRequest, $"Group '{request.Name}' needs 1 to {KernelGroup.SeatCapacity} slots, an address and a protocol."));
        }

        for (int attempt = 1; ; attempt++)
        {
            List<KernelGroup> kernelGroups = [];
            try
            {
                int port = request.Port;
                foreach (TransportProtocol protocol in request.Protocols)
                {
                    foreach (IPAddress address in request.Addresses)
                    {
                        KernelGroup group = OpenKernelGroup(request, protocol, new IPEndPoint(address, port));
                        kernelGroups.Add(group);
                        port = group.Key.Port;
                    }
                }

                ManagedGroup opened = new(
                    request.Name, GroupOwnership.Owned, request.SlotCount, [.. kernelGroups], Backend, text, null, request.Namespace);
                _owned.Add(request.Name, opened);
                return opened;
            }
            catch (Exception exception)
            {
                kernelGroups.ForEach(group => group.Dispose());

                // A free port of the first kernel group may be taken in the next one: ask for another.
                if (exception is BackendException { Errno: Errno.EADDRINUSE } && request.Port == 0 && attempt < PortAttempts)
                {
                    continue;
                }

                throw;
            }
        }
    }

    /// <summary>
    /// Adopts all matching sockets of a running server: gives each a seat, in the kernel's order where it can be seen, and attaches a
    /// program that passes without selecting, or one that goes on choosing as the kernel does now, so that nothing moves. A group of that name whose members are all seated keeps what it has.
    /// </summary>
    /// <exception cref="DiagnosticException">Nobody listens, SO_REUSEPORT is off, a foreign program is attached, or a refusal of the kernel; nothing stays behind.</exception>
    public ManagedGroup Adopt(GroupAdoptRequest request)
    {
        GroupName.Require(request.Name);
        ImmutableArray<SocketRecord> members = FindMembers(request);
        using IDisposable held = Backend.Pins.Lock(request.Name);
        if (Find(request.Name) is { } existing)
        {
            HashSet<ulong> seated = [.. existing.ReadSlots().SelectMany(slot => slot.Seats).Select(seat => seat.Cookie)];
            if (existing.Ownership == GroupOwnership.Adopted && members.All(member => seated.Contains(member.Cookie)))
            {
                if (request.Freeze && existing.Program?.Name != FrozenHashProgram.Name)
                {
                    existing.Dispose();
                    throw KernelChoice.AdoptedAlready(request.Name);
                }

                if (request.PinGroup is uint unixGroup)
                {
                    Backend.Pins.Share(request.Name, unixGroup);
                }

                existing.AttachLost();
                return existing;
            }

            existing.Dispose();
            throw existing.Ownership == GroupOwnership.Adopted ? HasOthers(request.Name) : Exists(request.Name);
        }

        ImmutableArray<IGrouping<KernelGroupKey, SocketRecord>> byGroup = [.. members.GroupBy(KernelGroupKey.Of)];
        INetworkNamespace? opened = request.Namespace is null ? GroupNamespaces.Open(Backend, [members[0].NetworkNamespace]) : null;
        LostProgram?[] lost = [];
        try
        {
            lost = FindLost(request, byGroup, request.Namespace ?? opened);
            return lost.Any(program => program is not null)
                ? Recover(request, byGroup, lost, request.Namespace ?? opened, opened is not null)
                : Adopt(request, byGroup, request.Namespace ?? opened, opened is not null);
        }
        catch
        {
            opened?.Dispose();
            throw;
        }
        finally
        {
            Array.ForEach(lost, program => program?.Dispose());
        }
    }

    private ManagedGroup Adopt(GroupAdoptRequest request, ImmutableArray<IGrouping<KernelGroupKey, SocketRecord>> byGroup, INetworkNamespace? place, bool opensPlace)
    {
        ImmutableArray<ImmutableArray<SocketRecord>> ordered =
            [.. byGroup.Select(kernelGroup => request.Freeze ? KernelChoice.Require(Backend, kernelGroup.Key, [.. kernelGroup], place) : Seating.InKernelOrder(Backend, [.. kernelGroup]))];
        IPinFolder folder = Backend.Pins.Create(request.Name, request.PinGroup);
        List<KernelGroup> kernelGroups = [];
        try
        {
            for (int index = 0; index < byGroup.Length; index++)
            {
                kernelGroups.Add(Seat(byGroup[index].Key, ordered[index], place));
            }

            ManagedGroup group = new(
                request.Name, GroupOwnership.Adopted, byGroup.Max(kernelGroup => kernelGroup.Count()), [.. kernelGroups], Backend, text,
                folder, place, opensPlace);
            ImmutableArray<ProgramSpec> specs = [.. ordered.Select(seated => request.Freeze ? FrozenHashProgram.For(seated.Length) : PassingProgram.Spec)];
            group.Install(
                index => Backend.LoadProgram(specs[index], [kernelGroups[index].Seats]),
                request.Freeze ? new AppliedProgram(FrozenHashProgram.Name, null, specs[0].InstructionSlots, specs[0].Maps[0].Name) : null, request.Force, [.. ordered.Select(seated => seated[0])], maps: []);
            return group;
        }
        catch
        {
            kernelGroups.ForEach(kernelGroup => kernelGroup.Dispose());
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Makes a group of a snapshot again, of sockets that are members already: with the same seats, states, policy, loads and counters.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="members">The sockets by the cookies that the snapshot has for them. An owned group takes them over.</param>
    /// <exception cref="DiagnosticException">A name in use, a kernel group without a member, or a policy that does not fit; nothing stays behind but the sockets.</exception>
    public ManagedGroup Rebuild(SnapshotGroup snapshot, IReadOnlyDictionary<ulong, IBackendSocket> members)
    {
        GroupName.Require(snapshot.Name);
        RequireUnused(snapshot.Name);
        bool isOwned = snapshot.Ownership == GroupOwnership.Owned;
        List<KernelGroup> kernelGroups = [];
        IPinFolder? folder = null;
        try
        {
            for (int index = 0; index < snapshot.KernelGroups.Length; index++)
            {
                (KernelGroupKey key, ImmutableArray<ulong> cookies, _) = snapshot.KernelGroups[index];
                KernelGroup made = new(
                    key with { Namespace = Backend.CurrentNamespace.Id }, Backend.CreateMap(KernelGroup.SeatsSpec), isOwned ? [.. cookies.Select(cookie => members[cookie])] : []);
                kernelGroups.Add(made);
                foreach (SnapshotSlot slot in snapshot.Slots.Where(slot => slot.Seats[index] != 0))
                {
                    made.Seats.UpdateSocket((uint)slot.Slot, members[slot.Seats[index]]);
                }
            }

            folder = isOwned ? null : Backend.Pins.Create(snapshot.Name);
            ManagedGroup group = new(snapshot.Name, snapshot.Ownership, snapshot.Slots.Length, [.. kernelGroups], Backend, text, folder, null);
            group.Restore(snapshot);
            if (isOwned)
            {
                _owned.Add(snapshot.Name, group);
            }

            return group;
        }
        catch
        {
            kernelGroups.ForEach(group => group.Dispose());
            folder?.Dispose();
            throw;
        }
    }

    /// <summary>The programs that an adoption with force would replace, by kernel group; none where the group is adopted already. One of this project that has lost its pins is not replaced.</summary>
    /// <exception cref="DiagnosticException">Nobody listens, or SO_REUSEPORT is off.</exception>
    public ImmutableArray<(KernelGroupKey KernelGroup, Attachment Attachment)> FindForeign(GroupAdoptRequest request) => Names.Contains(request.Name) ? [] :
    [
        .. FindMembers(request).GroupBy(KernelGroupKey.Of)
            .Select(kernelGroup => (kernelGroup.Key, Attachment: Backend.InspectAttachment(kernelGroup.First())))
            .Where(found => found.Attachment.State != AttachmentState.None && !IsLost(found.Key, found.Attachment, request.Namespace)),
    ];

    /// <summary>Removes a group: an owned one closes its sockets, an adopted one loses program, seats and pins.</summary>
    /// <exception cref="DiagnosticException">No such group, or its program was replaced by a foreign one (unless forced).</exception>
    public void Remove(string name, bool force = false)
    {
        if (_owned.Remove(name, out ManagedGroup? owned))
        {
            owned.Close();
            return;
        }

        using IDisposable held = Backend.Pins.Lock(name);
        using (IPinFolder folder = Backend.Pins.Open(name) ?? throw NotFound(name))
        {
            folder.RequireMaker("takes away the group's programs and pins");
            try
            {
                using ManagedGroup group = Find(name)!;
                group.DetachAll(force);
            }
            catch (DiagnosticException exception) when (exception.Diagnostics[0].Code == GroupCodes.DamagedPins)
            {
                DetachDamaged(name, folder);
            }
        }

        Backend.Pins.Remove(name);
    }

    /// <summary>Ends every owned group; adopted ones live on in their pins.</summary>
    public void Dispose()
    {
        foreach (ManagedGroup group in _owned.Values)
        {
            group.Close();
        }

        _owned.Clear();
    }

    /// <summary>The error for a name that no group has.</summary>
    public DiagnosticException NotFound(string name) => new(Diagnostic.Error(
        GroupCodes.GroupNotFound, $"There is no group '{name}' on the {Backend.Info.Kind} backend.",
        remedy: "See Get-ReuseportGroup, or make it with New-ReuseportGroup."));

    private static DiagnosticException Exists(string name) => new(Diagnostic.Error(
        GroupCodes.GroupExists, $"There is a group '{name}' already.",
        remedy: "Choose another name, or remove it with Remove-ReuseportGroup."));

    private static DiagnosticException HasOthers(string name) => new(Diagnostic.Error(
        GroupCodes.GroupExists, $"There is a group '{name}' already, and not all of these sockets have a seat in it.",
        remedy: "Sync-ReuseportGroup seats members that came later; for another server choose another name, or remove the group with Remove-ReuseportGroup."));

    /// <summary>Detaches the programs that are pinned or on record, from whichever group has them: what the group consisted of cannot be relied on any more.</summary>
    private void DetachDamaged(string name, IPinFolder folder)
    {
        GroupState? state = ReadDamaged(name, folder);
        HashSet<uint> programs = [.. (state?.KernelGroups ?? []).Select(kernelGroup => kernelGroup.ProgramId).Where(id => id != 0)];
        foreach (string pin in folder.Names.Where(pin => pin.StartsWith(ManagedGroup.ProgramPinPrefix, StringComparison.Ordinal)))
        {
            using IBackendProgram? program = folder.OpenProgram(pin);
            if (program is not null)
            {
                programs.Add(program.Id);
            }
        }

        SocketRecord[] found =
            [.. namespaces.Prepend(Backend.CurrentNamespace).SelectMany(space => Backend.FindSockets(new SocketQuery(Namespace: space)))];
        RequireReachable(name, folder, state, [.. found.Select(socket => socket.Cookie)]);
        foreach (IGrouping<KernelGroupKey, SocketRecord> kernelGroup in found.GroupBy(KernelGroupKey.Of))
        {
            Attachment attachment = Backend.InspectAttachment(kernelGroup.First());
            bool isOurClassic = attachment.State == AttachmentState.Classic && state is { Program.IsClassic: true } &&
                state.KernelGroups.Any(pinned => pinned.ToKey() == kernelGroup.Key);
            if (programs.Contains(attachment.ProgramId) || isOurClassic)
            {
                using IBackendSocket member = Backend.AcquireSocket(kernelGroup.First());
                member.DetachProgram();
            }
        }
    }

    /// <summary>Refuses when seats are taken by sockets none of which was found: their program would steer on without its pins.</summary>
    private void RequireReachable(string name, IPinFolder folder, GroupState? state, HashSet<ulong> found)
    {
        for (int index = 0; index < (state?.KernelGroups.Length ?? folder.Names.Count); index++)
        {
            using IBackendMap? seats = folder.OpenMap(ManagedGroup.SeatsPin(index));
            if (seats is null)
            {
                continue;
            }

            ulong[] seated =
                [.. Enumerable.Range(0, state?.SlotCount ?? KernelGroup.SeatCapacity).Select(slot => KernelGroup.CookieAt(seats, slot)).Where(cookie => cookie != 0)];
            if (seated.Length > 0 && !seated.Any(found.Contains))
            {
                throw UnreachableMembers.Refusal(name, state?.KernelGroups[index].ToKey(), namespaces.Prepend(Backend.CurrentNamespace));
            }
        }
    }

    /// <summary>The state, when it is still there.</summary>
    private static GroupState? ReadDamaged(string name, IPinFolder folder)
    {
        using IBackendMap? map = folder.OpenMap(PinnedState.Pin);
        try
        {
            return map is null ? null : GroupState.Read(name, map);
        }
        catch (DiagnosticException exception) when (exception.Diagnostics[0].Code == GroupCodes.DamagedPins)
        {
            return null;
        }
    }

    private void RequireUnused(string name)
    {
        if (_owned.ContainsKey(name) || Backend.Pins.List().Contains(name, StringComparer.Ordinal))
        {
            throw Exists(name);
        }
    }

    private KernelGroup OpenKernelGroup(GroupOpenRequest request, TransportProtocol protocol, IPEndPoint endPoint)
    {
        IpFamily family = endPoint.AddressFamily == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
        List<IBackendSocket> sockets = [];
        IBackendMap? seats = null;
        try
        {
            for (int slot = 0; slot < request.SlotCount; slot++)
            {
                IBackendSocket socket = Backend.CreateSocket(new SocketSpec(protocol, family), request.Namespace);
                sockets.Add(socket);
                socket.Bind(endPoint);
                endPoint = socket.LocalEndPoint!;
                if (protocol == TransportProtocol.Tcp)
                {
                    socket.Listen(request.Backlog);
                }
            }

            seats = Backend.CreateMap(KernelGroup.SeatsSpec);
            for (int slot = 0; slot < sockets.Count; slot++)
            {
                seats.UpdateSocket((uint)slot, sockets[slot]);
            }

            SocketRecord record = Backend.FindSockets(new SocketQuery(
                protocol, endPoint.Port, endPoint.Address, Cookie: sockets[0].Cookie, Namespace: request.Namespace, WithOwners: false)).Single();
            return new KernelGroup(KernelGroupKey.Of(record), seats, [.. sockets]);
        }
        catch
        {
            seats?.Dispose();
            sockets.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    private ImmutableArray<SocketRecord> FindMembers(GroupAdoptRequest request)
    {
        List<SocketRecord> found = [];
        foreach (int? process in request.ProcessIds.IsEmpty ? [null] : request.ProcessIds.Select(id => (int?)id))
        {
            found.AddRange(Backend.FindSockets(new SocketQuery(
                request.Protocol, request.Port, request.Address, process, Namespace: request.Namespace, WithOwners: false)));
        }

        ImmutableArray<SocketRecord> members =
            [.. found.DistinctBy(socket => socket.Cookie).Where(socket => !socket.IsConnected).OrderBy(socket => socket.Inode)];
        if (members.IsEmpty)
        {
            string? elsewhere = request is { ProcessIds.IsEmpty: true, Namespace: null } ? GroupNamespaces.Elsewhere(Backend, request) : null;
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.NobodyListens, $"No {Describe(request)} was found.",
                remedy: elsewhere ?? "Check the port and the network namespace, and that the server runs; `ss -lntu` lists what listens."));
        }

        GroupNamespaces.RequireOne(request.Name, members);
        return members;
    }

    private void RequireReuseport(SocketRecord member, IBackendSocket socket, INetworkNamespace? place)
    {
        if (socket.GetOption(SocketOption.ReusePort) == 0)
        {
            // Whose it is takes a walk over all processes, and is wanted only now. Who has a copy would be found, too.
            socket.Dispose();
            IReadOnlyList<SocketRecord> found = Backend.FindSockets(new SocketQuery(member.Protocol, member.LocalEndPoint.Port, Cookie: member.Cookie, Namespace: place));
            string owner = found is [{ Owners: [SocketOwner first, ..] }, ..] ? $" of {first.Command} (pid {first.ProcessId})" : "";
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.NotReuseport, $"{KernelGroupKey.Of(member)}{owner} was bound without SO_REUSEPORT, so it is in no group.",
                remedy: "Turn it on in the server (nginx: `listen … reuseport`, unbound: `so-reuseport: yes`) and restart it."));
        }
    }

    private KernelGroup Seat(KernelGroupKey key, ImmutableArray<SocketRecord> seated, INetworkNamespace? place)
    {
        IBackendMap seats = Backend.CreateMap(KernelGroup.SeatsSpec);
        ulong cookie = 0;
        try
        {
            foreach ((int slot, IBackendSocket socket) in Backend.AcquireSockets(seated).Index())
            {
                using (socket)
                {
                    RequireReuseport(seated[slot], socket, place);
                    Seating.Put(Backend, seats, slot, socket, seated[slot]);
                    cookie = slot == 0 ? socket.NamespaceCookie : cookie;
                }
            }

            return new KernelGroup(key, seats, []) { NamespaceCookie = cookie };
        }
        catch
        {
            seats.Dispose();
            throw;
        }
    }

    private ManagedGroup OpenPinned(string name, IPinFolder folder)
    {
        List<KernelGroup> kernelGroups = [];
        INetworkNamespace? opened = null;
        try
        {
            PinnedState pinned = PinnedState.Read(name, folder) ?? throw Damaged(name, PinnedState.Pin);
            GroupState state = pinned.State;
            for (int index = 0; index < state.KernelGroups.Length; index++)
            {
                string pin = ManagedGroup.SeatsPin(index);
                IBackendMap seats = folder.OpenMap(pin) ?? throw Damaged(name, pin);
                kernelGroups.Add(new KernelGroup(state.KernelGroups[index].ToKey(), seats, []) { NamespaceCookie = state.KernelGroups[index].NamespaceCookie });
            }

            INetworkNamespace? place = namespaces.FirstOrDefault(space => state.KernelGroups.Any(kernelGroup => kernelGroup.Namespace == space.Id));
            opened = place is null ? GroupNamespaces.Open(Backend, state.KernelGroups.Select(kernelGroup => kernelGroup.Namespace)) : null;
            ManagedGroup group = new(
                name, GroupOwnership.Adopted, state.SlotCount, [.. kernelGroups], Backend, text, folder, place ?? opened, opened is not null);
            group.Restore(pinned);
            return group;
        }
        catch
        {
            kernelGroups.ForEach(group => group.Dispose());
            folder.Dispose();
            opened?.Dispose();
            throw;
        }
    }

    internal static DiagnosticException Damaged(string group, string pin) => new(Diagnostic.Error(
        GroupCodes.DamagedPins, $"The pin '{pin}' of group '{group}' is missing.",
        remedy: "Remove the group with Remove-ReuseportGroup and adopt the server again."));

    private static string Describe(GroupAdoptRequest request)
    {
        string protocol = request.Protocol switch
        {
            TransportProtocol.Tcp => "TCP listener",
            TransportProtocol.Udp => "UDP socket",
            _ => "TCP listener or UDP socket",
        };
        string process = request.ProcessIds.IsEmpty ? "" : $" held by process {string.Join(", ", request.ProcessIds)}";
        return protocol + (request.Port is int port ? $" on port {port}" : "") + (request.Address is null ? "" : $" at {request.Address}") + process;
    }
}
