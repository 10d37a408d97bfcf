using System.Collections.Frozen;
using System.Collections.Immutable;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Simulator;

/// <summary>In what the kernel versions that can be reproduced differ (docs/kernel-versions.md).</summary>
internal sealed class KernelBehavior
{
    /// <summary>Versions that can be reproduced, oldest first.</summary>
    public static readonly ImmutableArray<string> Versions = ["5.10", "5.15", "6.1", "6.6", "6.12", SimulatorOptions.CheckedKernelVersion];

    // Helpers that existed before programs of this type could call them: the version in which they could.
    private static readonly FrozenDictionary<int, Version> s_allowedLater = new Dictionary<int, Version>
    {
        [HelperId.GetSocketCookie] = new(5, 14),
        [HelperId.GetCurrentPidTgid] = new(6, 10),
        [HelperId.GetCurrentCgroupId] = new(6, 10),
        [HelperId.GetNamespaceCurrentPidTgid] = new(6, 10),
        [HelperId.GetCurrentAncestorCgroupId] = new(6, 10),
        [HelperId.GetCurrentUidGid] = new(6, 16),
        [16] = new(6, 16),
        [HelperId.GetCgroupClassId] = new(6, 16),
    }.ToFrozenDictionary();

    private readonly Version _version;

    public KernelBehavior(string version)
    {
        _version = Version.Parse(version);
        TcpHashFormula = Since(6, 15) ? TcpHashFormula.PortAdded : TcpHashFormula.PortHashed;
        ConnectedUdpLeaves = Since(6, 13);
        HonoursIncomingCpu = Since(6, 1); // 6.2, and the stable releases of 6.1.
        Migrates = Since(5, 14);
    }

    public TcpHashFormula TcpHashFormula { get; }

    /// <summary>A UDP socket that connects goes into a table by both ends and out of its group, even when it was bound to an address.</summary>
    public bool ConnectedUdpLeaves { get; }

    /// <summary>SO_INCOMING_CPU counts inside a group.</summary>
    public bool HonoursIncomingCpu { get; }

    /// <summary>Listeners hand over connections; the context has <c>sk</c> and <c>migrating_sk</c>, the attach type is looked at.</summary>
    public bool Migrates { get; }

    /// <summary>Whether an SK_REUSEPORT program may call a helper.</summary>
    public bool HasHelper(int id) =>
        s_allowedLater.TryGetValue(id, out Version? allowed) ? _version >= allowed
        : HelperPrototypes.Find(id) is not { } helper || _version >= Version.Parse(helper.Since);

    /// <summary>Whether the kernel has a type of map.</summary>
    public bool HasMap(MapType type) => type != MapType.BloomFilter || Since(5, 16);

    /// <summary>Whether the kernel knows an instruction; from memory all of it.</summary>
    public bool HasInstruction(InstructionForm form) => form switch
    {
        { Kind: InstructionKind.JumpLong or InstructionKind.LoadSignExtend or InstructionKind.MoveSignExtend or InstructionKind.SwapBytes } or { Kind: InstructionKind.Alu, IsSigned: true } => Since(6, 6),
        { Kind: InstructionKind.MayGoto } => Since(6, 9),
        { Kind: InstructionKind.Atomic, Atomic: AtomicOperation.LoadAcquire or AtomicOperation.StoreRelease } => Since(6, 15),
        { Kind: InstructionKind.Atomic, Atomic: not AtomicOperation.Add } => Since(5, 12),
        { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Function } => Since(5, 13),
        { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.MapIndex or WideLoadKind.MapIndexValue } => Since(5, 14),
        { Kind: InstructionKind.Call, CallKind: CallKind.Kernel } => Since(6, 2),
        _ => true,
    };

    /// <summary>Whether every type of program may call a kernel function; from memory.</summary>
    public bool HasKernelFunction(string name) => name switch
    {
        "bpf_rcu_read_lock" or "bpf_rcu_read_unlock" => Since(6, 2),
        "bpf_iter_num_new" or "bpf_iter_num_next" or "bpf_iter_num_destroy" => Since(6, 4),
        "bpf_preempt_disable" or "bpf_preempt_enable" => Since(6, 10),
        "bpf_local_irq_save" or "bpf_local_irq_restore" => Since(6, 14),
        _ => true,
    };

    private bool Since(int major, int minor) => _version >= new Version(major, minor);
}
