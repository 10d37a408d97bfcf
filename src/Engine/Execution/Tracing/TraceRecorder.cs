using System.Collections.Immutable;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution.Tracing;

/// <summary>
/// Records steps. It knows nothing of what instructions do: it is told when one begins, and looks at the machine then, and again when the next begins.
/// </summary>
internal sealed class TraceRecorder(int maxSteps)
{
    // Helpers that are calling back; their steps end after those of the callbacks.
    private readonly Stack<OpenStep?> _callers = [];
    private readonly List<TraceStep?> _steps = [];
    private OpenStep? _open;
    private bool _isComplete = true;

    public void Begin(Machine machine, LoadedProgram program, int index, int depth)
    {
        EndStep(machine, program, index);
        if (_steps.Count == maxSteps)
        {
            _isComplete = false;
            return;
        }

        _open = new OpenStep(_steps.Count, program, index, depth, machine.ReadRegisters());
        _steps.Add(null);
        Look(machine, _open);
    }

    /// <summary>The last instruction of a function that nothing of the trace follows.</summary>
    public void End(Machine machine) => EndStep(machine, null, -1);

    public void BeginCallback()
    {
        _callers.Push(_open);
        _open = null;
    }

    public void EndCallback() => _open = _callers.Pop();

    public ExecutionTrace Finish(Machine machine, RunResult result)
    {
        EndStep(machine, null, -1);
        while (_callers.TryPop(out OpenStep? caller))
        {
            _open = caller;
            EndStep(machine, null, -1);
        }

        return new ExecutionTrace([.. _steps.OfType<TraceStep>()], _isComplete, result);
    }

    private static void Look(Machine machine, OpenStep step)
    {
        if (step.Program.TryDescribeAccess(step.Index, step.Before.AsSpan(), out ulong address, out int size, out bool write))
        {
            step.Memory.Add(Look(machine, address, size, write));
        }
        else if (step.Operation is Operation.CallHelper or Operation.TailCall)
        {
            int helper = step.Operation == Operation.TailCall ? HelperId.TailCall : (int)step.Program.Code[step.Index].Immediate;
            LookAtArguments(machine, step, helper);
        }
        else if (step.Operation == Operation.CallKernel)
        {
            int number = step.Program.Code[step.Index].Target;
            step.Call = new TracedCall(KernelFunctions.Names[number], null, step.Before.AsSpan(1, KernelFunctions.ArgumentCountOf(number)).ToImmutableArray(), null, null, []);
        }
    }

    private static void LookAtArguments(Machine machine, OpenStep step, int helper)
    {
        ImmutableArray<HelperArgument> kinds = HelperPrototypes.Find(helper)?.Arguments ?? [];
        ImmutableArray<ulong> arguments = step.Before.AsSpan(1, kinds.Length).ToImmutableArray();
        BpfMap? map = null;
        ImmutableArray<byte> key = [];
        for (int i = 0; i < kinds.Length; i++)
        {
            map = kinds[i] == HelperArgument.Map ? machine.FindMap(arguments[i]) : map;
            int sizeAfter = i + 1 < kinds.Length ? (int)Math.Min(arguments[i + 1], int.MaxValue) : 0;
            (int size, bool write) = kinds[i] switch
            {
                HelperArgument.MapKey => (map?.Spec.KeySize ?? 0, false),
                HelperArgument.MapValue => (map?.Spec.ValueSize ?? 0, false),
                HelperArgument.MapValueOut => (map?.Spec.ValueSize ?? 0, true),
                HelperArgument.LongOut => (sizeof(ulong), true),
                HelperArgument.MemoryIn or HelperArgument.MemoryInOrNull => (sizeAfter, false),
                HelperArgument.MemoryOut or HelperArgument.MemoryOutInitialized or HelperArgument.MemoryOutInitializedOrNull => (sizeAfter, true),
                _ => (0, false),
            };
            if (size <= 0)
            {
                continue;
            }

            MemoryAccess access = Look(machine, arguments[i], size, write);
            step.Memory.Add(access);
            key = kinds[i] == HelperArgument.MapKey ? access.Before : key;
        }

        step.Call = new TracedCall("bpf_" + (HelperPrototypes.Find(helper)?.Name ?? $"helper_{helper}"), helper, arguments, null, map?.Spec.Name, key);
    }

    private static MemoryAccess Look(Machine machine, ulong address, int size, bool write)
    {
        ImmutableArray<byte> bytes = machine.Peek(address, size, out string? region);
        return new MemoryAccess(region, address, size, write, bytes, bytes);
    }

    private static bool Returns(TracedCall call) => call.Helper is not int helper || HelperPrototypes.Find(helper)?.Result != HelperResult.Void;

    // The open step ends because the instruction at an index begins, or because nothing comes after it (-1).
    private void EndStep(Machine machine, LoadedProgram? nextProgram, int nextIndex)
    {
        if (_open is not { } step)
        {
            return;
        }

        _open = null;
        bool goesOn = nextIndex == step.Index + 1 && ReferenceEquals(nextProgram, step.Program);
        ImmutableArray<ulong> after = machine.ReadRegisters();
        _steps[step.Number] = new TraceStep(
            step.Number, step.Program.Spec, step.Index, step.Program.SlotOf(step.Index), step.Depth, step.Before, after,
            [.. step.Memory.Select(access => access.Region is null || !access.IsWrite ? access : access with { After = machine.Peek(access.Address, access.Size, out _) })],
            step.Call is TracedCall call && nextIndex >= 0 && Returns(call) ? call with { Result = after[0] } : step.Call,
            step.Operation is >= Operation.EqualImmediate64 and <= Operation.SignedLessOrEqualRegister32 && nextIndex >= 0 ? !goesOn : null,
            step.Operation == Operation.TailCall && nextIndex == 0 && !goesOn ? nextProgram!.Spec.Name : null);
    }

    private sealed record OpenStep(int Number, LoadedProgram Program, int Index, int Depth, ImmutableArray<ulong> Before)
    {
        public Operation Operation => Program.Code[Index].Operation;

        public List<MemoryAccess> Memory { get; } = [];

        public TracedCall? Call { get; set; }
    }
}
