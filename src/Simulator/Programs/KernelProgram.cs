using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Maps;

namespace ReuseportPS.Simulator.Programs;

/// <summary>A program of the simulated kernel with the number of those who hold it: descriptors, pins, groups. It holds its maps.</summary>
internal sealed class KernelProgram
{
    private const string Operation = "BPF_PROG_LOAD";

    private static readonly byte s_call = Instructions.CallHelper(0).Opcode;
    private static readonly byte s_loadPointer = Instructions.Load(MemorySize.DoubleWord, default, default, 0).Opcode;

    /// <summary>Programs in use that are compiled, for others that differ in their maps: a policy has an instance for each kernel group.</summary>
    private static readonly ConditionalWeakTable<ProgramSpec, WeakReference<CompiledProgram>> s_compiled = [];

    private readonly SimulatorBackend _backend;
    private readonly KernelMap[] _maps;
    private CompiledProgram? _compiled;
    private int _interpretedRuns;
    private int _references;

    private KernelProgram(SimulatorBackend backend, ProgramSpec spec, LoadedProgram loaded, KernelMap[] maps)
    {
        _backend = backend;
        _maps = maps;
        Spec = spec;
        Loaded = loaded;
        Tag = ProgramTag.Compute(spec.Instructions);
        _interpretedRuns = backend.InterpretedRuns;
        ReadsSocket = spec.Instructions.Any(instruction =>
            (instruction.Opcode == s_loadPointer && instruction.Offset is ReuseportRun.SocketOffset or ReuseportRun.MigratingSocketOffset) ||
            (IsHelperCall(instruction) && instruction.Immediate == HelperId.TailCall));
        foreach (KernelMap map in maps)
        {
            map.AddReference();
        }
    }

    public uint Id => Loaded.Id;

    public ProgramSpec Spec { get; }

    public string Tag { get; }

    public LoadedProgram Loaded { get; }

    public IReadOnlyList<KernelMap> Maps => _maps;

    /// <summary>Whether a listener that stops hands over its connections by this program.</summary>
    public bool MigratesConnections => _backend.Behavior.Migrates && Spec.ExpectedAttachType == AttachType.SkReuseportSelectOrMigrate;

    /// <summary>Whether a run may look at <c>ctx->sk</c> or <c>ctx->migrating_sk</c>.</summary>
    public bool ReadsSocket { get; }

    /// <summary>
    /// Loads a program: its form is checked, its maps and helpers must exist. What the kernel's verifier says of it is not asked here; a program that
    /// does what no verified program can do ends its run with a fault.
    /// </summary>
    /// <exception cref="BackendException">E2BIG (empty), EINVAL (malformed, attach type, helper), ENOTSUPP (the simulator lacks a helper).</exception>
    public static KernelProgram Load(SimulatorBackend backend, ProgramSpec spec, KernelMap[] maps, uint id)
    {
        string target = $"program '{spec.Name}'";
        if (spec.Instructions.IsDefaultOrEmpty)
        {
            throw Refusal.Of(Errno.E2BIG, Operation, target, "it has no instructions");
        }

        bool isSteering = spec.Type == ProgramType.SkReuseport;
        if (isSteering && backend.Behavior.Migrates && spec.ExpectedAttachType is not (AttachType.None or AttachType.SkReuseportSelect or AttachType.SkReuseportSelectOrMigrate))
        {
            throw Refusal.Of(Errno.EINVAL, Operation, target, $"{spec.ExpectedAttachType} is no attach type of SK_REUSEPORT");
        }

        CheckVersion(backend, spec, target);
        if (!LoadedProgram.TryLoad(Lower(spec, target), [.. maps.Select(static map => map.Map)], out LoadedProgram? loaded, out ImmutableArray<Diagnostic> diagnostics))
        {
            throw new BackendException(Errno.EINVAL, Operation, diagnostics[0]);
        }

        if (isSteering)
        {
            CheckHelpers(backend, backend.ProgramRun.HasHelper, spec, target);
        }
        else if (spec.Type == ProgramType.SocketFilter)
        {
            CheckHelpers(backend, backend.SocketFilterRun.HasHelper, spec, target);
        }

        if (maps.FirstOrDefault(map => !map.Admits(spec)) is { } other)
        {
            throw Refusal.Of(Errno.EINVAL, Operation, target, $"map '{other.Map.Spec.Name}' has programs of another type, or attached otherwise");
        }

        Array.ForEach(maps, map => map.Admit(spec));
        loaded.Id = id;
        return new KernelProgram(backend, spec, loaded, maps);
    }

    /// <summary>Runs it: the first times in the interpreter, from then on compiled, with the same outcome.</summary>
    public RunResult Run(Machine machine)
    {
        if (_compiled is null)
        {
            if (_interpretedRuns-- > 0)
            {
                return machine.Run(Loaded);
            }

            _compiled = Compile();
        }

        return machine.Run(_compiled);
    }

    private CompiledProgram Compile()
    {
        if (s_compiled.TryGetValue(Loaded.Spec, out WeakReference<CompiledProgram>? known) && known.TryGetTarget(out CompiledProgram? like))
        {
            return CompiledProgram.Compile(Loaded, ContextLayout.Reuseport, like);
        }

        CompiledProgram compiled = CompiledProgram.Compile(Loaded, ContextLayout.Reuseport);
        s_compiled.AddOrUpdate(Loaded.Spec, new WeakReference<CompiledProgram>(compiled));
        return compiled;
    }

    public void AddReference() => _references++;

    public void Release()
    {
        if (--_references > 0)
        {
            return;
        }

        _backend.Forget(this);
        foreach (KernelMap map in _maps)
        {
            map.Release();
        }
    }

    /// <summary>Of a SOCKET_FILTER program, what the kernel makes of its packet loads.</summary>
    private static ProgramSpec Lower(ProgramSpec spec, string target)
    {
        // What else is wrong is found, with its place, by the check of what is loaded.
        if (spec.Type != ProgramType.SocketFilter || InstructionChecker.Check(spec.Instructions.AsSpan()).Any(finding => !PacketLoads.IsAbout(finding)))
        {
            return spec;
        }

        return PacketLoads.Lower(spec.Instructions) is { } lowered
            ? spec with { Instructions = lowered }
            : throw Refusal.Of(Errno.EINVAL, Operation, target, "a jump over packet loads is too far");
    }

    /// <summary>Instructions and kernel functions that came after the kernel's version.</summary>
    private static void CheckVersion(SimulatorBackend backend, ProgramSpec spec, string target)
    {
        int slot = 0;
        foreach (Instruction instruction in spec.Instructions)
        {
            if (OpcodeTable.Find(instruction) is { } form)
            {
                string? function = form is { Kind: InstructionKind.Call, CallKind: CallKind.Kernel } && (uint)instruction.Immediate < (uint)spec.KernelFunctions.Length
                    ? spec.KernelFunctions[instruction.Immediate]
                    : null;
                if (!backend.Behavior.HasInstruction(form) || (function is not null && !backend.Behavior.HasKernelFunction(function)))
                {
                    throw Refusal.Of(
                        Errno.EINVAL, Operation, target, $"instruction {slot} ({form.Mnemonic}{(function is null ? "" : $" {function}")}): kernel {backend.Info.KernelVersion} does not have it");
                }
            }

            slot += instruction.SlotCount;
        }
    }

    private static bool IsHelperCall(Instruction instruction) => instruction.Opcode == s_call && instruction.Source == (byte)CallKind.Helper;

    private static void CheckHelpers(SimulatorBackend backend, Func<int, bool> hasHelper, ProgramSpec spec, string target)
    {
        int slot = 0;
        foreach (Instruction instruction in spec.Instructions)
        {
            if (IsHelperCall(instruction) && !hasHelper(instruction.Immediate))
            {
                bool exists = HelperPrototypes.Find(instruction.Immediate) is not null;
                bool isLater = exists && !backend.Behavior.HasHelper(instruction.Immediate);
                string reason = isLater ? $"kernel {backend.Info.KernelVersion} does not have it for this type of program" : HelperAvailability.WhyNot(instruction.Immediate);
                throw Refusal.Of(
                    exists && !isLater ? Errno.ENOTSUPP : Errno.EINVAL, Operation, target,
                    $"instruction {slot} calls helper {HelperPrototypes.Describe(instruction.Immediate)}: {reason}");
            }

            slot += instruction.SlotCount;
        }
    }
}
