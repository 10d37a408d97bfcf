using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>
/// A group under one name: kernel groups, slots, and the policy applied to it. Obtained from a <see cref="GroupCatalog"/>;
/// dispose it after use (an owned group's sockets stay with the catalog).
/// </summary>
public sealed partial class ManagedGroup : IDisposable
{
    private readonly IReuseportBackend _backend;
    private readonly PolicyText _text;
    private readonly IPinFolder? _folder;
    private readonly INetworkNamespace? _namespace;
    private readonly bool _opensNamespace;
    private readonly ImmutableArray<KernelGroup> _kernelGroups;
    private LivePolicy? _live;
    private int _generation;
    private PinnedState? _pinned;
    private uint _savedEpoch;
    private SlotStates _states = SlotStates.AllActive;
    private (SteeringPolicy Policy, SlotStates States, CompiledPolicy Compiled)? _compilation;
    private (SteeringPolicy Policy, string Text)? _written;

    internal ManagedGroup(
        string name, GroupOwnership ownership, int slotCount, ImmutableArray<KernelGroup> kernelGroups, IReuseportBackend backend,
        PolicyText text, IPinFolder? folder, INetworkNamespace? networkNamespace, bool opensNamespace = false)
    {
        Name = name;
        Ownership = ownership;
        SlotCount = slotCount;
        _kernelGroups = kernelGroups;
        _backend = backend;
        _text = text;
        _folder = folder;
        _namespace = networkNamespace;
        _opensNamespace = opensNamespace;
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

    /// <summary>The states of the slots, and how often their seats have changed hands. They are the group's: another policy finds them as they are.</summary>
    public SlotStates States => _states;

    /// <summary>The epoch of the data in force; 0 without a policy, or with one that has no data.</summary>
    public uint Epoch => _live?.Epoch ?? 0;

    /// <summary>The applied policy as compiled for this group, or null.</summary>
    public CompiledPolicy? Compiled => _live?.Compiled;

    /// <summary>Ids of the programs attached by this project, one per kernel group; empty when there is none.</summary>
    public ImmutableArray<uint> ProgramIds => [.. _kernelGroups.Select(group => group.Attached.Program).OfType<IBackendProgram>().Select(program => program.Id)];

    /// <summary>The own sockets of an owned group, by kernel group and slot; empty for an adopted one.</summary>
    public ImmutableArray<ImmutableArray<IBackendSocket>> OwnSockets => [.. _kernelGroups.Select(group => group.OwnSockets)];

    /// <summary>Every slot with its seats as they are now.</summary>
    public ImmutableArray<SlotStatus> ReadSlots() =>
    [
        .. Enumerable.Range(0, SlotCount).Select(slot =>
            new SlotStatus(slot, [.. _kernelGroups.Select(group => new SeatStatus(group.Key, group.CookieAt(slot)))])),
    ];

    /// <summary>What applying a policy would do; touches nothing.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="confirmWithin">The time after which the group returns to what it has now, unless the policy is confirmed; null when it stays.</param>
    /// <exception cref="DiagnosticException">The policy does not fit the group, or a deadline cannot return to what the group has.</exception>
    public PolicyPlan Plan(SteeringPolicy policy, TimeSpan? confirmWithin = null)
    {
        Refresh();
        return PlanSet(policy, confirmWithin);
    }

    private PolicyPlan Plan(SteeringPolicy policy, SlotStates states)
    {
        CompiledPolicy compiled = Compile(policy, states);
        RequireSlotsFor(policy, states);
        if (_trial?.Former?.Policy is SteeringPolicy former)
        {
            RequireSlotsFor(former, states);
        }

        PolicyChange change = _live is null || !_kernelGroups.All(IsInForce)
            ? PolicyChange.Program
            : compiled.ChangeFrom(_live.Compiled);

        // Names of slots and the like are no data of the program, but the group must remember them; and what it may return to has data too. A shell that ended before it recorded its data left them in force.
        if (change == PolicyChange.None && (!IsDataInForce(_live!) || !policy.Equals(Policy) || !states.Equals(_states, SlotCount) || _trial?.Former?.Policy is { LooksUpCookies: true }))
        {
            change = PolicyChange.Data;
        }

        ImmutableArray<FlowTable> tables = change == PolicyChange.Program ? TablesAcross(policy) : [];
        return new PolicyPlan(policy, compiled, change, [.. Describe(change, compiled), .. tables.Select(table => table.ToString())]) { FlowTables = tables, States = states };
    }

    /// <summary>Applies a policy. On failure the group keeps what it had.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <param name="confirmWithin">The time after which the kernel returns to what the group has now, unless <see cref="ConfirmPolicy"/> comes first; null when the policy stays.</param>
    /// <exception cref="DiagnosticException">The policy does not fit, a foreign program is attached, a deadline cannot return to what the group has, or the kernel refused.</exception>
    public PolicyPlan Apply(SteeringPolicy policy, bool force = false, TimeSpan? confirmWithin = null)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Settle(force);
        PolicyPlan plan = PlanSet(policy, confirmWithin);
        if (confirmWithin is not null && plan.Change != PolicyChange.None)
        {
            RequireNoForeign(force);
        }

        Carry(plan, force, records: RecordsAfter(policy), confirmWithin: confirmWithin);
        return plan;
    }

    /// <summary>Carries a plan out.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <param name="also">What belongs to the change when it is one of data: it is done once no packet is decided by the data before. What it throws undoes the change.</param>
    /// <param name="records">The policy's version and those before, when another policy is applied; null when the present one is changed.</param>
    /// <param name="confirmWithin">As for <see cref="Apply(SteeringPolicy, bool, TimeSpan?)"/>.</param>
    private void Carry(PolicyPlan plan, bool force, Action? also = null, PolicyRecords? records = null, TimeSpan? confirmWithin = null)
    {
        RequireMaker(plan, records);

        // Who attaches a program looks at what is there himself, right before.
        if (plan.Change != PolicyChange.Program)
        {
            RequireOurs(force);
        }

        switch (plan.Change)
        {
            case PolicyChange.Data:
                SwapData(plan.Compiled, plan.States, () =>
                {
                    also?.Invoke();
                    SaveState(StateOf(plan, _live!.Epoch, records), records);
                });
                (Policy, _states) = (plan.Policy, plan.States);
                break;
            case PolicyChange.Program:
                ApplyProgram(plan, force, also, records, confirmWithin);
                break;
            default:
                also?.Invoke();
                break;
        }
    }

    /// <summary>Refuses what takes CAP_BPF, where file permission alone is what this process has: another program, data that the pinned maps have no room for.</summary>
    private void RequireMaker(PolicyPlan plan, PolicyRecords? records = null)
    {
        if (plan.Change == PolicyChange.Program)
        {
            RequireProgramMaker();
        }
        else if (plan.Change == PolicyChange.Data)
        {
            bool fits = _live!.Takes(plan.Compiled) &&
                (_trial?.Former is not { Policy: SteeringPolicy policy, Live: LivePolicy former } || former.Takes(Compile(policy, plan.States)));
            if (!fits)
            {
                _folder?.RequireMaker("makes maps for data that those of the policy have no room for");
            }

            RequireMaker(StateOf(plan, _live.Epoch + 1, records));
        }
    }

    /// <summary>Refuses what would pin a new state without CAP_BPF.</summary>
    private void RequireMaker(GroupState state)
    {
        if (_pinned?.Takes(state) != true)
        {
            _folder?.RequireMaker("makes a map for the state of the group, because the one for edits is missing or has no room for it");
        }
    }

    private void RequireProgramMaker() => _folder?.RequireMaker("loads or takes away a program");

    /// <summary>Detaches the program and forgets the policy; the kernel's own choice decides from then on. Nothing happens without a policy.</summary>
    public void RemovePolicy(bool force = false)
    {
        using IDisposable? held = Ownership == GroupOwnership.Adopted ? _backend.Pins.Lock(Name) : null;
        Refresh();
        RequireProgramMaker();
        using (AttachTransaction transaction = new())
        {
            DetachEach(transaction, force);
            PolicyRecords records = RecordsAfter(null);
            SaveState(StateWith(policy: null, compiled: null, NextGeneration, programs: [], epoch: 0, records: records), records);
            transaction.Commit();
        }

        HaveNothing();
    }

    /// <summary>Nothing decides any more, as the pins say already.</summary>
    private void HaveNothing()
    {
        int generation = NextGeneration;
        Release();
        (_generation, Policy, Program) = (generation, null, null);
        UnpinOthers();
    }

    /// <summary>Reads every counter of the applied policy, summed over CPUs.</summary>
    /// <exception cref="DiagnosticException">The group has no policy.</exception>
    public ImmutableArray<CounterReading> ReadCounters() => _live?.ReadCounters() ?? throw NoPolicy("no counters");

    /// <summary>Releases the handles of an adopted group. An owned group's live on in its catalog.</summary>
    public void Dispose()
    {
        if (Ownership == GroupOwnership.Adopted)
        {
            Close();
        }
    }

    private DiagnosticException NoPolicy(string without) => new(Diagnostic.Error(
        GroupCodes.NoPolicy, $"Group '{Name}' has {(Program is null ? "no policy" : "a program in the place of a policy")}, and so {without}.", remedy: "Apply one with Set-SteeringPolicy."));

    internal void Close()
    {
        Release();
        foreach (KernelGroup group in _kernelGroups)
        {
            group.Dispose();
        }

        _folder?.Dispose();
        if (_opensNamespace)
        {
            _namespace!.Dispose();
        }
    }

    /// <summary>Reads policy and programs back from the pins.</summary>
    /// <param name="pinned">What they say.</param>
    internal void Restore(PinnedState pinned)
    {
        _states = pinned.State.ToStates();
        SlotCount = pinned.State.SlotCount;
        if (!TryOpen(pinned.State, out string missing))
        {
            PinnedState? now = PinnedState.Read(Name, _folder!, pinned);
            if (now is null || ReferenceEquals(now, pinned))
            {
                throw GroupCatalog.Damaged(Name, missing);
            }

            // Another shell applied a policy since the state was read, and took the pins of the former one away.
            Restore(now);
            return;
        }

        _pinned = pinned;
    }

    private bool TryOpen(GroupState state, out string missing)
    {
        if (OpenSide(state.ToSide(), out missing) is not GroupSide side)
        {
            return false;
        }

        if (state.Former is not null && !TryOpenTrial(state.Former, side, out missing))
        {
            side.Dispose();
            return false;
        }

        Take(side);
        _history = [.. state.History ?? []];
        for (int index = 0; index < _kernelGroups.Length; index++)
        {
            _kernelGroups[index].Replaced?.Dispose();
            _kernelGroups[index].Replaced = _folder!.OpenProgram(ReplacedPin(index));
        }

        LookAtClock();
        return true;
    }

    /// <summary>Opens what can decide for the group; null when a pin is missing.</summary>
    private GroupSide? OpenSide(SideState state, out string missing)
    {
        missing = "";
        List<IBackendProgram> programs = [];
        try
        {
            for (int index = 0; state.HasPrograms && index < _kernelGroups.Length; index++)
            {
                missing = ProgramPin(index, state.Generation);
                if (_folder!.OpenProgram(missing) is not IBackendProgram program)
                {
                    programs.ForEach(opened => opened.Dispose());
                    return null;
                }

                programs.Add(program);
            }

            SteeringPolicy? policy = state.Policy is null ? null : _text.Read(state.Policy);
            CompiledPolicy? compiled = policy is null ? null : Compile(policy, _states);
            return new GroupSide
            {
                Generation = state.Generation,
                Programs = [.. programs],
                Policy = policy,
                Program = state.Program,
                Version = policy is null ? null : new PolicyVersion(Math.Max(1, state.Version), state.Since, state.Policy!),
                SavedEpoch = state.Epoch,

                // A program of another compiler version cannot be changed by data: left closed here, the next Apply replaces it.
                Live = compiled is not null && state.Fingerprint == ProgramFingerprint.Of(compiled.Program)
                    ? LivePolicy.Open(_backend, compiled, name => _folder!.OpenMap(MapPin(name, state.Generation)), PinInto(state.Generation))
                    : null,
            };
        }
        catch
        {
            programs.ForEach(opened => opened.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Pins what the group consists of, publishes the pins, and attaches programs under which nothing moves: what adoption is. The pins come first: who dies before the programs are
    /// attached leaves a group that can be found, and no program of which nobody knows. On failure each kernel group has what it had.
    /// </summary>
    /// <param name="load">The program of a kernel group, by its index.</param>
    /// <param name="applied">What stands in the place of a policy; null where nothing does, for the programs select nobody.</param>
    /// <param name="force">Whether a program that is not ours, or may not be, is replaced.</param>
    /// <param name="members">A member of each kernel group, where they are known.</param>
    /// <param name="maps">Maps of the programs that are to be pinned beside the seats, by name.</param>
    internal void Install(Func<int, IBackendProgram> load, AppliedProgram? applied, bool force, ImmutableArray<SocketRecord> members, IEnumerable<(string Name, IBackendMap Map)> maps)
    {
        List<IBackendProgram> programs = [];
        try
        {
            for (int index = 0; index < _kernelGroups.Length; index++)
            {
                programs.Add(load(index));
            }

            foreach ((string name, IBackendMap map) in maps)
            {
                _folder!.Pin(MapPin(name, _generation), map);
            }

            for (int index = 0; index < _kernelGroups.Length; index++)
            {
                _folder!.Pin(SeatsPin(index), _kernelGroups[index].Seats);
                _folder.Pin(ProgramPin(index, _generation), programs[index]);
            }

            SaveState(StateWith(policy: null, compiled: null, _generation, programs, epoch: 0, applied));
            _folder!.Publish();
            try
            {
                using AttachTransaction transaction = new();
                AttachEach(transaction, [.. programs.Select(program => new Attached(program))], force, members);
                transaction.Commit();
            }
            catch
            {
                TryPutBack(() => _backend.Pins.Remove(Name));
                throw;
            }
        }
        catch
        {
            programs.ForEach(program => program.Dispose());
            throw;
        }

        Program = applied;
        SetPrograms(programs);
    }

    /// <summary>Detaches from every kernel group that still has a member.</summary>
    internal void DetachAll(bool force)
    {
        using AttachTransaction transaction = new();
        DetachEach(transaction, force);
        transaction.Commit();
    }

    private CompiledPolicy Compile(SteeringPolicy policy, SlotStates states)
    {
        if (_compilation is { } last && last.Compiled.SlotCount == SlotCount && ReferenceEquals(last.States, states) && last.Policy.Equals(policy))
        {
            return last.Compiled;
        }

        PolicyCompilation compilation = PolicyCompiler.Compile(policy, SlotCount, policy.LooksUpCookies ? states with { Cookies = ReadCookies() } : states);
        CompiledPolicy compiled = compilation.Compiled ?? throw new DiagnosticException(compilation.Diagnostics);

        // A command plans and then applies the same. Who sits in a slot may change in between.
        _compilation = policy.LooksUpCookies ? null : (policy, states, compiled);
        return compiled;
    }

    /// <summary>The cookies of the sockets in each slot's seats.</summary>
    public ImmutableDictionary<int, ImmutableArray<ulong>> ReadCookies() => Enumerable.Range(0, SlotCount).ToImmutableDictionary(
        slot => slot, slot => _kernelGroups.Select(group => group.CookieAt(slot)).Where(cookie => cookie != 0).ToImmutableArray());

    /// <summary>What becomes of the flow tables that there are when a policy with another program comes.</summary>
    private ImmutableArray<FlowTable> TablesAcross(SteeringPolicy policy)
    {
        if (IsRecovered)
        {
            return RecoveredTables(policy);
        }

        ImmutableArray<FlowTable> tables = Policy is null ? [] : [.. FlowTable.Match(Policy, policy)];
        return _live is not null
            ? tables
            : [.. tables.Select(table => table with { IsKept = false, Reason = "the tables of the group's policy cannot be read by this version" })];
    }

    private void ApplyProgram(PolicyPlan plan, bool force, Action? also = null, PolicyRecords? records = null, TimeSpan? confirmWithin = null)
    {
        RequireConfirmed(records);
        RequireProgramMaker();
        int generation = NextGeneration;
        using LivePolicy? recovered = OpenRecovered(plan.Compiled);
        LivePolicy live = LivePolicy.Create(_backend, plan.Compiled, _live ?? recovered, plan.FlowTables, PinInto(generation));
        List<IBackendProgram> programs;
        Trial? trial;
        try
        {
            (programs, trial) = Replace(
                generation, live.Shared, group => _backend.LoadProgram(plan.Compiled.Program, live.MapsFor(group)), plan.Policy.Migrates, confirmWithin, force, (loaded, waiting) =>
                {
                    also?.Invoke();
                    PolicyRecords? next = records is null ? null : RecordsWith(records, waiting);
                    SaveState(StateWith(plan.Policy, plan.Compiled, generation, loaded, live.Epoch, states: plan.States, records: next), next);
                });
        }
        catch
        {
            live.Dispose();
            throw;
        }

        MakeRoom(trial);
        (_live, Policy, _states, Program, _generation) = (live, plan.Policy, plan.States, null, generation);
        SetPrograms(programs);
        UnpinOthers();
    }

    /// <summary>
    /// Loads other programs, one per kernel group, pins them with their maps, attaches them, or, where they wait to be confirmed, what looks at the deadline, and saves the state: in this order,
    /// so that a shell that dies in between leaves nothing attached that has no pin. On failure the group has what it had, and the maps are the caller's.
    /// </summary>
    private (List<IBackendProgram> Programs, Trial? Trial) Replace(
        int generation, IEnumerable<(string Pin, IBackendMap Map)> maps, Func<KernelGroup, IBackendProgram> load, bool migrates, TimeSpan? confirmWithin, bool force,
        Action<List<IBackendProgram>, Trial?> save)
    {
        List<IBackendProgram> programs = [];
        Trial? trial = null;
        try
        {
            foreach (KernelGroup group in _kernelGroups)
            {
                programs.Add(load(group));
            }

            using AttachTransaction transaction = new();
            PinGeneration(generation, maps, programs);
            if (confirmWithin is TimeSpan within)
            {
                trial = MakeTrial(generation, programs, migrates, within);
            }

            AttachEach(transaction, [.. (trial is null ? programs : trial.Programs.AsEnumerable()).Select(program => new Attached(program))], force);
            save(programs, trial);
            transaction.Commit();
            return (programs, trial);
        }
        catch
        {
            UnpinOthers();
            trial?.Dispose();
            programs.ForEach(program => program.Dispose());
            throw;
        }
    }

    private void AttachEach(AttachTransaction transaction, ImmutableArray<Attached> programs, bool force, ImmutableArray<SocketRecord> members = default)
    {
        // All are looked at before the first is changed.
        (KernelGroup Group, SocketRecord Record, IBackendSocket Member, Attached Previous)[] targets = [.. _kernelGroups.Select((group, index) =>
        {
            SocketRecord member = members.IsDefault ? FindMember(group) ?? throw NoMember(group) : members[index];
            Attachment attachment = RequireOurs(group, member, force);
            return (group, member, OpenMember(transaction, group, member), OpenAttached(transaction, group, attachment));
        })];
        for (int index = 0; index < targets.Length; index++)
        {
            transaction.Put(programs[index], targets[index].Member, targets[index].Previous);
        }

        for (int index = 0; index < targets.Length; index++)
        {
            LookAgain(transaction, targets[index].Group, targets[index].Record, targets[index].Member, programs[index]);
        }
    }

    private void DetachEach(AttachTransaction transaction, bool force)
    {
        foreach (KernelGroup group in _kernelGroups)
        {
            if (FindMember(group) is not { } member)
            {
                RequireEmpty(group);
                continue;
            }

            // Without a program on record only one that is pinned all the same is ours: what else is there is none of our business.
            Attachment attachment = group.Attached.IsNothing ? _backend.InspectAttachment(member) : RequireOurs(group, member, force);
            if (group.Attached.IsNothing ? PinnedProgramIds().Contains(attachment.ProgramId) : attachment.State != AttachmentState.None)
            {
                transaction.Put(default, OpenMember(transaction, group, member), OpenAttached(transaction, group, attachment));
            }
        }
    }

    /// <summary>What is attached, to put back; nothing when nothing is, or nothing that can be put back: a classic program of others.</summary>
    private Attached OpenAttached(AttachTransaction transaction, KernelGroup group, Attachment attachment) => attachment.State switch
    {
        AttachmentState.Unknown => group.Attached,
        AttachmentState.Classic => new Attached(null, group.Classic),
        AttachmentState.Program when attachment.ProgramId == group.Attached.Program?.Id => group.Attached,
        AttachmentState.Program => OpenOther(transaction, group, attachment.ProgramId),
        _ => default,
    };

    /// <summary>A program that is ours no longer, or never was: then it is kept beyond the change.</summary>
    private Attached OpenOther(AttachTransaction transaction, KernelGroup group, uint id)
    {
        bool isPinned = PinnedProgramIds().Contains(id);
        return _backend.OpenProgram(id) is not { } other ? default : new Attached(isPinned ? transaction.Hold(other) : KeepReplaced(transaction, group, other));
    }

    /// <summary>Whether the program of this group is the one that the kernel runs, as far as can be seen. Nobody alive, nothing to see.</summary>
    private bool IsInForce(KernelGroup group) =>
        group.Attached.Program is { } program && (FindMember(group) is not { } member || _backend.InspectAttachment(member) switch
        {
            { State: AttachmentState.Program } attachment => attachment.ProgramId == program.Id,
            { State: var state } => state == AttachmentState.Unknown,
        });

    /// <summary>Whether the data in use are certainly those on record. After a change that was undone they are, but under another epoch, which does not tell it from one whose shell ended before it was recorded.</summary>
    private bool IsDataInForce(LivePolicy live) => live.Epoch == _savedEpoch;

    /// <summary>Reads again what another shell changed since.</summary>
    internal void Refresh()
    {
        if (_folder is not null && PinnedState.Read(Name, _folder, _pinned) is PinnedState now && !ReferenceEquals(now, _pinned))
        {
            Release();
            Restore(now);
        }

        LookAtClock();
    }

    /// <summary>Closes programs and maps of the policy, and of what it may return to.</summary>
    private void Release()
    {
        ReleaseSide();
        if (_trial is not null)
        {
            _trial.Former?.Dispose();
            SetTrial(null);
        }
    }

    /// <summary>Closes programs and maps of the policy.</summary>
    private void ReleaseSide()
    {
        Side().Dispose();
        (_live, _program) = (null, null);
        SetPrograms([]);
    }

    /// <summary>What decides for the group now. The handles stay the group's.</summary>
    private GroupSide Side() => new()
    {
        Generation = _generation,
        Programs = [.. _kernelGroups.Select(group => group.Program).OfType<IBackendProgram>()],
        Policy = Policy,
        Live = _live,
        Program = Program,
        LiveProgram = _program,
        Version = _version,
        SavedEpoch = _savedEpoch,
    };

    /// <summary>Has the group have it, handles and all.</summary>
    private void Take(GroupSide side)
    {
        (_generation, Policy, _live, Program, _program, _version, _savedEpoch) =
            (side.Generation, side.Policy, side.Live, side.Program, side.LiveProgram, side.Version, side.SavedEpoch);
        SetPrograms(side.Programs);
        RestoreClassic();
    }

    private void SetPrograms(IReadOnlyList<IBackendProgram> programs)
    {
        for (int index = 0; index < _kernelGroups.Length; index++)
        {
            _kernelGroups[index].Program = programs.Count == 0 ? null : programs[index];
            _kernelGroups[index].Classic = null;
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
        return force || IsOurs(group, member, attachment) ? attachment : throw ForeignProgram.Refusal(Name, group.Key, attachment);
    }

    private bool IsOurs(KernelGroup group, SocketRecord member, Attachment attachment) => attachment.State switch
    {
        AttachmentState.None => true,
        AttachmentState.Program => attachment.ProgramId == group.Attached.Program?.Id || PinnedProgramIds().Contains(attachment.ProgramId),

        // One classic program cannot be told from another.
        AttachmentState.Classic => group.Classic is not null,

        // Own sockets, or members seated in our array by us: a socket sits in one array only, so the group is ours as far as can be known.
        _ => group.OwnSockets.Length > 0 || (!group.Attached.IsNothing && SeatedCookies(group).Contains(member.Cookie)),
    };

    private IEnumerable<uint> PinnedProgramIds()
    {
        foreach (string name in _folder?.Names ?? [])
        {
            if (name.StartsWith(ProgramPinPrefix, StringComparison.Ordinal))
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
        SocketQuery query = new(
            group.Key.Protocol, group.Key.Port, group.Key.Address, Namespace: _namespace, WithOwners: false);
        IReadOnlyList<SocketRecord> found = _backend.FindSockets(query);
        if (found.Count == 0)
        {
            return null;
        }

        // Any member does: the seats are read up to the first that is taken by a socket that was found.
        Dictionary<ulong, SocketRecord> byCookie = found.DistinctBy(socket => socket.Cookie).ToDictionary(socket => socket.Cookie);
        return Enumerable.Range(0, SlotCount).Select(group.CookieAt).Where(cookie => cookie != 0).Select(byCookie.GetValueOrDefault).FirstOrDefault(member => member is not null);
    }

    /// <summary>A handle to attach through: an own socket as it is, a foreign one for as long as the change takes.</summary>
    private IBackendSocket OpenMember(AttachTransaction transaction, KernelGroup group, SocketRecord member)
    {
        if (group.OwnSockets.FirstOrDefault(socket => socket.Cookie == member.Cookie) is { } own)
        {
            return own;
        }

        try
        {
            return transaction.Hold(_backend.AcquireSocket(member));
        }
        catch (BackendException exception) when (exception.Errno == Errno.ESRCH && FindMember(group)?.Cookie != member.Cookie)
        {
            throw NoMember(group);
        }
    }

    /// <summary>Nobody found is nobody alive only when the seats are empty too: else the program still steers, where this shell does not look.</summary>
    private void RequireEmpty(KernelGroup group)
    {
        if (SeatedCookies(group).Count > 0)
        {
            throw UnreachableMembers.Refusal(Name, group.Key, [_namespace ?? _backend.CurrentNamespace]);
        }
    }

    private DiagnosticException NoMember(KernelGroup group) => SeatedCookies(group).Count > 0
        ? UnreachableMembers.Refusal(Name, group.Key, [_namespace ?? _backend.CurrentNamespace])
        : new DiagnosticException(Diagnostic.Error(
            GroupCodes.NoMember, $"No member of {group.Key} in group '{Name}' is alive, so nothing can be attached.",
            remedy: "Start the server and adopt it again with New-ReuseportGroup."));

    private void PinGeneration(int generation, IEnumerable<(string Pin, IBackendMap Map)> maps, List<IBackendProgram> programs)
    {
        if (_folder is null)
        {
            return;
        }

        foreach ((string name, IBackendMap map) in maps)
        {
            _folder.Pin(MapPin(name, generation), map);
        }

        for (int index = 0; index < programs.Count; index++)
        {
            _folder.Pin(ProgramPin(index, generation), programs[index]);
        }
    }

    /// <summary>Removes the pins of all generations but the current one, and what is waited for. One that resists is tried again at the next change, and goes with the group.</summary>
    private void UnpinOthers()
    {
        try
        {
            int[] kept = [.. Generations];
            foreach (string name in (_folder?.Names ?? []).Where(name => name.Contains('-') && !kept.Contains(GenerationOf(name))))
            {
                _folder!.Unpin(name);
            }
        }
        catch (BackendException)
        {
            // Nobody reads them: what counts is done, or its failure is on its way.
        }
    }

    /// <summary>The state of a group whose policy is not in force as compiled here: none, a program in its place, or one of another version. Programs and generation stay.</summary>
    private GroupState Uncompiled(SteeringPolicy? policy, uint epoch, SlotStates states) =>
        StateWith(policy, compiled: null, _generation, [.. _kernelGroups.Select(group => group.Program).OfType<IBackendProgram>()], epoch, Program, states);

    /// <summary>The state after a change of data.</summary>
    private GroupState StateOf(PolicyPlan plan, uint epoch, PolicyRecords? records) =>
        StateWith(plan.Policy, plan.Compiled, _generation, [.. _kernelGroups.Select(group => group.Program!)], epoch, states: plan.States, records: records);

    private GroupState StateWith(SteeringPolicy? policy, CompiledPolicy? compiled, int generation, List<IBackendProgram> programs, uint epoch, AppliedProgram? program = null, SlotStates? states = null, PolicyRecords? records = null)
    {
        if (_folder is null)
        {
            return new() { SlotCount = SlotCount, Epoch = epoch, KernelGroups = [] }; // nobody else reads what it has
        }

        records ??= Records;
        return new()
        {
            SlotCount = SlotCount,
            Generation = generation,
            Epoch = epoch,
            Policy = policy is null ? null : TextOf(policy),
            Program = program,
            Slots = SlotMark.Of(states ?? _states, SlotCount),
            Version = records.Version?.Number ?? 0,
            Since = records.Version?.Since,
            History = records.History.IsEmpty ? null : [.. records.History],
            Former = records.Trial?.Former?.ToState(_text),
            Fingerprint = compiled is null ? null : ProgramFingerprint.Of(compiled.Program),
            KernelGroups =
            [
                .. _kernelGroups.Select((group, index) =>
                    KernelGroupState.Of(group, records.Trial?.Programs[index].Id ?? (index < programs.Count ? programs[index].Id : 0))),
            ],
        };
    }

    /// <summary>Pins a state, and remembers what it is made of.</summary>
    private void SaveState(GroupState state, PolicyRecords? records = null)
    {
        records ??= Records;
        if (_folder is not null)
        {
            _pinned = PinnedState.Write(_backend, _folder, _pinned, state);
        }

        (_savedEpoch, _version, _history) = (state.Epoch, records.Version, records.History);
    }

    // A change asks for it several times: what it would pin is looked at before anything is touched.
    private string TextOf(SteeringPolicy policy)
    {
        if (!ReferenceEquals(_written?.Policy, policy))
        {
            _written = (policy, _text.Write(policy));
        }

        return _written!.Value.Text;
    }

    private PolicyRecords Records => new(_version, _history, _trial);

    private Action<string, IBackendMap> PinInto(int generation) => (name, map) => _folder?.Pin(MapPin(name, generation), map);

    internal const string ProgramPinPrefix = "prog";

    internal const string SeatsPinPrefix = "seats";

    internal static string SeatsPin(int kernelGroup) => $"{SeatsPinPrefix}{kernelGroup}";

    internal static string MapPin(string name, int generation) => $"{name}-{generation}";

    /// <summary>The generation in the name of a pin; 0 for a pin without one.</summary>
    private static int GenerationOf(string pin) =>
        int.TryParse(pin.AsSpan(pin.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int generation) ? generation : 0;

    private static string ReplacedPin(int kernelGroup) => $"replaced{kernelGroup}";

    private static string ProgramPin(int kernelGroup, int generation) => $"{ProgramPinPrefix}{kernelGroup}-{generation}";

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
                + Replacing(group) + "."),
            "Counters start at zero.",
        ],
    };
}
