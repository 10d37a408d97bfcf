using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>
/// A group under one name: kernel groups, slots, and the policy applied to it. Obtained from a <see cref="GroupCatalog"/>;
/// dispose it after use (an owned group's sockets stay with the catalog).
/// </summary>
public sealed class ManagedGroup : IDisposable
{
    private readonly IReuseportBackend _backend;
    private readonly PolicyText _text;
    private readonly IPinFolder? _folder;
    private readonly INetworkNamespace? _namespace;
    private readonly ImmutableArray<KernelGroup> _kernelGroups;
    private LivePolicy? _live;
    private int _generation;

    internal ManagedGroup(
        string name, GroupOwnership ownership, int slotCount, ImmutableArray<KernelGroup> kernelGroups, IReuseportBackend backend,
        PolicyText text, IPinFolder? folder, INetworkNamespace? networkNamespace)
    {
        Name = name;
        Ownership = ownership;
        SlotCount = slotCount;
        _kernelGroups = kernelGroups;
        _backend = backend;
        _text = text;
        _folder = folder;
        _namespace = networkNamespace;
    }

    /// <summary>Name of the group.</summary>
    public string Name { get; }

    /// <summary>Owned or adopted.</summary>
    public GroupOwnership Ownership { get; }

    /// <summary>Slots, numbered from 0.</summary>
    public int SlotCount { get; private set; }

    /// <summary>The backend it lives on.</summary>
    public BackendInfo Backend => _backend.Info;

    /// <summary>The kernel groups, in the order of each slot's seats.</summary>
    public ImmutableArray<KernelGroupKey> KernelGroups => [.. _kernelGroups.Select(group => group.Key)];

    /// <summary>The policy applied, or null.</summary>
    public SteeringPolicy? Policy { get; private set; }

    /// <summary>The applied policy as compiled for this group, or null.</summary>
    public CompiledPolicy? Compiled => _live?.Compiled;

    /// <summary>Ids of the programs attached by this project, one per kernel group; empty when there is none.</summary>
    public ImmutableArray<uint> ProgramIds => [.. _kernelGroups.Where(group => group.Program is not null).Select(group => group.Program!.Id)];

    /// <summary>The own sockets of an owned group, by kernel group and slot; empty for an adopted one.</summary>
    public ImmutableArray<ImmutableArray<IBackendSocket>> OwnSockets => [.. _kernelGroups.Select(group => group.OwnSockets)];

    /// <summary>Every slot with its seats as they are now.</summary>
    public ImmutableArray<SlotStatus> ReadSlots() =>
    [
        .. Enumerable.Range(0, SlotCount).Select(slot =>
            new SlotStatus(slot, [.. _kernelGroups.Select(group => new SeatStatus(group.Key, group.CookieAt(slot)))])),
    ];

    /// <summary>What applying a policy would do; touches nothing.</summary>
    /// <exception cref="DiagnosticException">The policy does not fit the group.</exception>
    public PolicyPlan Plan(SteeringPolicy policy)
    {
        CompiledPolicy compiled = Compile(policy);
        PolicyChange change = _live is null || _kernelGroups.Any(group => group.Program is null)
            ? PolicyChange.Program
            : compiled.ChangeFrom(_live.Compiled);

        // Names of slots and the like are no data of the program, but the group must remember them.
        if (change == PolicyChange.None && !policy.Equals(Policy))
        {
            change = PolicyChange.Data;
        }

        return new PolicyPlan(policy, compiled, change, Describe(change, compiled));
    }

    /// <summary>Applies a policy. On failure the group keeps what it had.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <exception cref="DiagnosticException">The policy does not fit, a foreign program is attached, or the kernel refused.</exception>
    public PolicyPlan Apply(SteeringPolicy policy, bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        PolicyPlan plan = Plan(policy);
        switch (plan.Change)
        {
            case PolicyChange.Data:
                RequireOurs(force);
                _live!.Swap(plan.Compiled);
                Policy = policy;
                SaveState();
                break;
            case PolicyChange.Program:
                ApplyProgram(plan, force);
                break;
            default:
                RequireOurs(force);
                break;
        }

        return plan;
    }

    /// <summary>Detaches the program and forgets the policy; the kernel's own choice decides from then on. Nothing happens without a policy.</summary>
    public void RemovePolicy(bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        DetachAll(force);
        foreach (KernelGroup group in _kernelGroups)
        {
            group.Program?.Dispose();
            group.Program = null;
        }

        int old = _generation;
        _live?.Dispose();
        _live = null;
        Policy = null;
        SaveState();
        UnpinGeneration(old);
    }

    /// <summary>Reads every counter of the applied policy, summed over CPUs.</summary>
    /// <exception cref="DiagnosticException">The group has no policy.</exception>
    public ImmutableArray<CounterReading> ReadCounters() => _live?.ReadCounters(SlotCount)
        ?? throw new DiagnosticException(Diagnostic.Error(
            GroupCodes.NoPolicy, $"Group '{Name}' has no policy, and so no counters.", remedy: "Apply one with Set-SteeringPolicy."));

    /// <summary>Releases the handles of an adopted group. An owned group's live on in its catalog.</summary>
    public void Dispose()
    {
        if (Ownership == GroupOwnership.Adopted)
        {
            Close();
        }
    }

    internal void Close()
    {
        _live?.Dispose();
        foreach (KernelGroup group in _kernelGroups)
        {
            group.Dispose();
        }

        _folder?.Dispose();
    }

    /// <summary>Reads policy and programs back from the pins.</summary>
    internal void Restore(GroupState state)
    {
        _generation = state.Generation;
        for (int index = 0; index < _kernelGroups.Length; index++)
        {
            _kernelGroups[index].Program = _folder!.OpenProgram(ProgramPin(index, state.Generation));
        }

        if (state.Policy is null)
        {
            return;
        }

        Policy = _text.Read(state.Policy);
        CompiledPolicy compiled = Compile(Policy);

        // A program of another compiler version cannot be changed by data: left closed here, the next Apply replaces it.
        if (state.Fingerprint == ProgramFingerprint.Of(compiled.Program))
        {
            _live = LivePolicy.Open(_backend, compiled, name => _folder!.OpenMap(MapPin(name, state.Generation)));
        }
    }

    /// <summary>Attaches a program that passes without selecting: what adoption installs, so that nothing moves.</summary>
    internal void AttachPassing(ProgramSpec passing, bool force)
    {
        using AttachTransaction transaction = new();
        List<IBackendProgram> programs = [];
        try
        {
            foreach (KernelGroup group in _kernelGroups)
            {
                programs.Add(_backend.LoadProgram(passing, [group.Seats]));
            }

            AttachEach(transaction, programs, force);
            for (int index = 0; index < _kernelGroups.Length; index++)
            {
                _folder?.Pin(ProgramPin(index, _generation), programs[index]);
            }

            SaveState();
            transaction.Commit();
        }
        catch
        {
            programs.ForEach(program => program.Dispose());
            throw;
        }

        for (int index = 0; index < _kernelGroups.Length; index++)
        {
            _kernelGroups[index].Program?.Dispose();
            _kernelGroups[index].Program = programs[index];
        }
    }

    /// <summary>Detaches from every kernel group that still has a member.</summary>
    internal void DetachAll(bool force)
    {
        using AttachTransaction transaction = new();
        foreach (KernelGroup group in _kernelGroups.Where(group => group.Program is not null))
        {
            if (FindMember(group) is { } member && RequireOurs(group, member, force).State != AttachmentState.None)
            {
                transaction.Detach(OpenMember(transaction, group, member), group.Program);
            }
        }

        transaction.Commit();
    }

    private CompiledPolicy Compile(SteeringPolicy policy)
    {
        PolicyCompilation compilation = PolicyCompiler.Compile(policy, SlotCount);
        return compilation.Compiled ?? throw new DiagnosticException(compilation.Diagnostics);
    }

    private void ApplyProgram(PolicyPlan plan, bool force)
    {
        int generation = _generation + 1;
        LivePolicy live = LivePolicy.Create(_backend, plan.Compiled);
        List<IBackendProgram> programs = [];
        (LivePolicy? live, SteeringPolicy? policy, int generation) before = (_live, Policy, _generation);
        try
        {
            foreach (KernelGroup group in _kernelGroups)
            {
                programs.Add(_backend.LoadProgram(plan.Compiled.Program, live.MapsFor(group)));
            }

            using AttachTransaction transaction = new();
            PinGeneration(generation, live, programs);
            AttachEach(transaction, programs, force);
            (_live, Policy, _generation) = (live, plan.Policy, generation);
            SaveState();
            transaction.Commit();
        }
        catch
        {
            (_live, Policy, _generation) = before;
            UnpinGeneration(generation);
            programs.ForEach(program => program.Dispose());
            live.Dispose();
            throw;
        }

        before.live?.Dispose();
        for (int index = 0; index < _kernelGroups.Length; index++)
        {
            _kernelGroups[index].Program?.Dispose();
            _kernelGroups[index].Program = programs[index];
        }

        UnpinGeneration(before.generation);
    }

    private void AttachEach(AttachTransaction transaction, List<IBackendProgram> programs, bool force)
    {
        (SocketRecord Member, IBackendProgram? Previous)[] targets = new (SocketRecord, IBackendProgram?)[_kernelGroups.Length];
        for (int index = 0; index < targets.Length; index++)
        {
            KernelGroup group = _kernelGroups[index];
            SocketRecord member = FindMember(group) ?? throw NoMember(group);
            Attachment attachment = RequireOurs(group, member, force);
            IBackendProgram? previous = group.Program;
            if (attachment.State == AttachmentState.None)
            {
                previous = null;
            }
            else if (attachment.State == AttachmentState.Program && attachment.ProgramId != group.Program?.Id)
            {
                previous = _backend.OpenProgram(attachment.ProgramId) is { } foreign ? transaction.Hold(foreign) : null;
            }

            targets[index] = (member, previous);
        }

        for (int index = 0; index < targets.Length; index++)
        {
            IBackendSocket member = OpenMember(transaction, _kernelGroups[index], targets[index].Member);
            transaction.Attach(member, programs[index], targets[index].Previous);
        }
    }

    private void RequireOurs(bool force)
    {
        foreach (KernelGroup group in _kernelGroups)
        {
            if (FindMember(group) is { } member)
            {
                RequireOurs(group, member, force);
            }
        }
    }

    private Attachment RequireOurs(KernelGroup group, SocketRecord member, bool force)
    {
        Attachment attachment = _backend.InspectAttachment(member);
        bool ours = attachment.State switch
        {
            AttachmentState.None => true,
            AttachmentState.Program => attachment.ProgramId == group.Program?.Id || PinnedProgramIds().Contains(attachment.ProgramId),
            AttachmentState.Classic => false,

            // Own sockets, or members seated in our array by us: a socket sits in one array only, so the group is ours as far as can be known.
            _ => group.OwnSockets.Length > 0 || (group.Program is not null && SeatedCookies(group).Contains(member.Cookie)),
        };
        return ours || force ? attachment : throw ForeignProgram.Refusal(Name, group.Key, attachment);
    }

    private IEnumerable<uint> PinnedProgramIds()
    {
        foreach (string name in _folder?.Names ?? [])
        {
            if (name.StartsWith("prog", StringComparison.Ordinal))
            {
                using IBackendProgram? program = _folder!.OpenProgram(name);
                if (program is not null)
                {
                    yield return program.Id;
                }
            }
        }
    }

    private HashSet<ulong> SeatedCookies(KernelGroup group) =>
        [.. Enumerable.Range(0, SlotCount).Select(group.CookieAt).Where(cookie => cookie != 0)];

    private SocketRecord? FindMember(KernelGroup group)
    {
        HashSet<ulong> seated = SeatedCookies(group);
        SocketQuery query = new(
            group.Key.Protocol, group.Key.Port, group.Key.Address, Namespace: _namespace, WithOwners: group.OwnSockets.Length == 0);
        return _backend.FindSockets(query).FirstOrDefault(socket => seated.Contains(socket.Cookie));
    }

    /// <summary>A handle to attach through: an own socket as it is, a foreign one for as long as the change takes.</summary>
    private IBackendSocket OpenMember(AttachTransaction transaction, KernelGroup group, SocketRecord member) =>
        group.OwnSockets.FirstOrDefault(socket => socket.Cookie == member.Cookie)
            ?? transaction.Hold(_backend.AcquireSocket(member));

    private DiagnosticException NoMember(KernelGroup group) => new(Diagnostic.Error(
        GroupCodes.NoMember, $"No member of {group.Key} in group '{Name}' is alive, so nothing can be attached.",
        remedy: "Start the server and adopt it again with New-ReuseportGroup."));

    private void PinGeneration(int generation, LivePolicy live, List<IBackendProgram> programs)
    {
        if (_folder is null)
        {
            return;
        }

        foreach ((string name, IBackendMap map) in live.Shared)
        {
            _folder.Pin(MapPin(name, generation), map);
        }

        for (int index = 0; index < programs.Count; index++)
        {
            _folder.Pin(ProgramPin(index, generation), programs[index]);
        }
    }

    private void UnpinGeneration(int generation)
    {
        string suffix = MapPin("", generation);
        foreach (string name in _folder?.Names ?? [])
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal))
            {
                _folder!.Unpin(name);
            }
        }
    }

    internal void SaveState()
    {
        if (_folder is null)
        {
            return;
        }

        GroupState state = new()
        {
            SlotCount = SlotCount,
            Generation = _generation,
            Policy = Policy is null ? null : _text.Write(Policy),
            Fingerprint = _live is null ? null : ProgramFingerprint.Of(_live.Compiled.Program),
            KernelGroups = [.. _kernelGroups.Select(group => KernelGroupState.Of(group.Key))],
        };
        using IBackendMap map = _backend.CreateMap(state.ToMap());
        _folder.Pin(StatePin, map);
    }

    internal const string StatePin = "state";

    internal static string SeatsPin(int kernelGroup) => $"seats{kernelGroup}";

    private static string MapPin(string name, int generation) => $"{name}-{generation}";

    private static string ProgramPin(int kernelGroup, int generation) => $"prog{kernelGroup}-{generation}";

    private ImmutableArray<string> Describe(PolicyChange change, CompiledPolicy compiled) => change switch
    {
        PolicyChange.None => ["Nothing: the group has this policy already."],
        PolicyChange.Data =>
        [
            $"Write {compiled.Bank.Tables.Length} tables and {compiled.Bank.Lists.Length} lists into the idle bank.",
            "Store the epoch: every packet from then on is decided by the new data. The program stays attached.",
        ],
        _ =>
        [
            .. _kernelGroups.Select(group =>
                $"Load {compiled.Program.InstructionSlots} instructions and attach them to {group.Key}"
                + (group.Program is null ? "." : $", replacing program {group.Program.Id} in one step.")),
            "Counters start at zero.",
        ],
    };
}
