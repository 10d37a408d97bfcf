using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Execution.Compilation.Lanes;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

public sealed partial class Machine
{
    private const int NoSlot = -1;

    // The code for the program that ran last.
    private CompiledProgram? _codeProgram;
    private SingleRun? _code;
    private int _codeVariant;

    // The program that the machine is prepared for, as long as nothing but its generated code has run since.
    private LoadedProgram? _ready;

    // Why the compiled run, or the item of a batch, has no result.
    private Fault? _fault;
    private int _selectedSlot = NoSlot;
    private ContextBatch? _batch;
    private LoadedProgram? _batchProgram;
    private nint _itemCount;
    private nint _itemStride;
    private int _shownItem;
    private long _executed;
    private int[] _unwantedSlots = [];

    // Where the interpreter is to go on with the item that generated code left; -1 when its run is over.
    private int _exitAt;
    private int _exitDepth;
    private long _exitLeft;
    private ImmutableArray<BatchFault>.Builder? _batchFaults;

    /// <summary>The slot that the last run selected by <see cref="SlotSelection"/>; -1 for none.</summary>
    public int SelectedSlot
    {
        get => _selectedSlot;
        internal set => _selectedSlot = value;
    }

    /// <summary>Index of the item of a batch whose run calls a helper.</summary>
    public int BatchItem { get; private set; }

    /// <summary>Runs a compiled program with the context's address in r1 and 0 in r2. Same outcome as <see cref="Run(LoadedProgram, CancellationToken)"/>.</summary>
    public RunResult Run(CompiledProgram program, CancellationToken cancellationToken = default)
    {
        SingleRun? code = ReferenceEquals(_codeProgram, program) && _codeVariant == _helpers.CompiledVariant ? _code : FindCode(program);
        return code is null ? Run(program.Program, cancellationToken) : Run(program, code, ContextAddress, 0, cancellationToken);
    }

    /// <summary>Runs a compiled program. Same outcome as <see cref="Run(LoadedProgram, ulong, ulong, CancellationToken)"/>.</summary>
    /// <param name="program">The program.</param>
    /// <param name="r1">First argument.</param>
    /// <param name="r2">Second argument.</param>
    /// <param name="cancellationToken">Looked at at the beginning, and every 65536 instructions.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the machine may be used again.</exception>
    public RunResult Run(CompiledProgram program, ulong r1, ulong r2, CancellationToken cancellationToken = default) =>
        program.CodeFor(_helpers, r1 == ContextAddress) is CompiledCode code
            ? Run(program, code.Single, r1, r2, cancellationToken)
            : Run(program.Program, r1, r2, cancellationToken);

    /// <summary>Runs a compiled program once for every context of a batch, each time as a run of its own: a fault ends the run of its item only.</summary>
    /// <param name="program">The program.</param>
    /// <param name="batch">The contexts, and the packets if there are.</param>
    /// <param name="results">Receives what each run returned, 0 where it faulted.</param>
    /// <param name="cancellationToken">Looked at at the beginning of the batch, and every 65536 instructions of an item.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the machine may be used again.</exception>
    public BatchResult Run(CompiledProgram program, ContextBatch batch, Span<ulong> results, CancellationToken cancellationToken = default)
    {
        if (results.Length < batch.Count)
        {
            throw new ArgumentException($"There are {batch.Count} items and room for {results.Length} results.", nameof(results));
        }

        _batchFaults = null;
        _batch = batch;
        _batchProgram = program.Program;
        long executed;
        try
        {
            executed = program.CodeFor(_helpers, contextInR1: true) is CompiledCode code && code.Suits(batch.Length, batch.Writable, InstructionBudget)
                ? RunItems(code, program.Program, results, cancellationToken)
                : InterpretItems(results, cancellationToken);
        }
        finally
        {
            _batch = null;
            _batchProgram = null;
        }

        return new BatchResult(batch.CountsInstructions ? executed : 0, _batchFaults?.ToImmutable() ?? []);
    }

    /// <summary>Binds a compiled program to contexts in an array, for runs one after the other with as little around each as there can be.</summary>
    /// <param name="program">The program.</param>
    /// <param name="contexts">The array; it is not copied.</param>
    /// <param name="length">Bytes of a context.</param>
    /// <param name="writable">Whether the program may write into its context.</param>
    /// <param name="countsInstructions">Whether <see cref="BoundProgram.InstructionCount"/> is wanted.</param>
    /// <remarks>
    /// The machine's <see cref="InstructionBudget"/> and helpers, and its maps' <see cref="BpfMap.SlotErrors"/>, are those of now. Other runs may come between.
    /// </remarks>
    public BoundProgram Bind(CompiledProgram program, byte[] contexts, int length, bool writable = false, bool countsInstructions = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, contexts.Length);
        CompiledCode? code = program.CodeFor(_helpers, contextInR1: true);
        return code is not null && code.Suits(length, writable, InstructionBudget) && program.Program.Maps.Length <= BoundProgram.MostMaps
            ? code.Bound(countsInstructions)(this, program, contexts, length, writable, countsInstructions)
            : new BoundOnMachine(this, program, contexts, length, writable, countsInstructions);
    }

    internal static ulong FrameTop(int depth) => ((ulong)(FirstFrame + (uint)depth) << 32) + StackSize;

    internal static ulong MapAddress(uint place) => (ulong)(MapTag + FirstMap + place) << 32;

    internal static ulong ValuesAddress(uint place) => (ulong)(FirstMap + place) << 32;

    private SingleRun? FindCode(CompiledProgram program)
    {
        _codeProgram = program;
        _codeVariant = _helpers.CompiledVariant;
        return _code = program.CodeFor(_helpers, contextInR1: true)?.Single;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RunResult Run(CompiledProgram program, SingleRun code, ulong r1, ulong r2, CancellationToken cancellationToken)
    {
        BeginRun(program.Program, cancellationToken);
        ulong result = code(this, r1, r2);
        if (_referenceCount > 0)
        {
            AbandonReferences();
        }

        return new RunResult(result, _budget - _left, _fault);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MakeReady(LoadedProgram program)
    {
        if (!ReferenceEquals(_ready, program))
        {
            Prepare(program);
            _ready = program;
            _fault = null;
            _program = program;
            _firstMap = 0;
            _tailCalls = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeginRun(LoadedProgram program, CancellationToken cancellationToken)
    {
        MakeReady(program);
        _selectedSlot = NoSlot;
        _budget = _left = Math.Max(0, InstructionBudget);
        if (_cancellation != cancellationToken)
        {
            _cancellation = cancellationToken;
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    // Everything below is called by generated code.

    // The whole run by the interpreter: nothing has been done yet.
    private ulong Restart(ulong r1, ulong r2)
    {
        _registers = default;
        _registers[(int)Register.R1] = r1;
        _registers[(int)Register.R2] = r2;
        if (_program!.UsesStack)
        {
            _stack.AsSpan(0, StackSize).Clear();
        }

        return Resume(0, 0, 0);
    }

    private ref ulong RegisterFile() => ref Unsafe.As<Registers, ulong>(ref _registers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte StackBytes() => ref MemoryMarshal.GetArrayDataReference(_stack);

    private void ClearStack(int first, int length) => _stack.AsSpan(first, length).Clear();

    // The rest of the run by the interpreter, which finds registers, frames and stack as if it had run from the beginning. What is left of the
    // budget is counted from 0 down by generated code.
    private ulong Resume(int at, int depth, long left)
    {
        _ready = null;
        SetDepth(depth);
        for (int i = 0; i < depth; i++)
        {
            _frames[i].Program = _program!;
            _frames[i].FirstMap = _firstMap;
        }

        _registers[(int)Register.R10] = FrameTop(depth);
        _left = _budget + left;
        RunResult run = Interpret(at, 0);
        _fault = run.Fault;
        return run.ReturnValue;
    }

    // Resume sets what is the same for all frames.
    private void SetFrame(int depth, int returnTo, ulong r6, ulong r7, ulong r8, ulong r9) =>
        _frames[depth] = new Frame { Return = returnTo, R6 = r6, R7 = r7, R8 = r8, R9 = r9 };

    private void SetDepth(int depth)
    {
        while (_depth < depth)
        {
            _depth++;
            _regions[FirstFrame + _depth] = _frameRegions[_depth];
        }

        while (_depth > depth)
        {
            LeaveFrame();
        }
    }

    private ulong CallHelper(int id, bool isKernelFunction, int depth, long left, ulong r1, ulong r2, ulong r3, ulong r4, ulong r5)
    {
        HelperImplementation? helper = isKernelFunction ? _helpers.FindKernelFunction(id) : _helpers.Find(id);
        if (helper is null)
        {
            _ready = null;
            Fail(FaultKind.UnknownHelper, null, "");
            return 0;
        }

        if (depth > 0)
        {
            SetDepth(depth);
        }

        _ready = null;
        _left = _budget + left;
        ulong result = helper(this, r1, r2, r3, r4, r5);
        if (depth > 0 && _failure is null)
        {
            SetDepth(0);
        }

        return result;
    }

    // A helper refused.
    private ulong EndInHelper(int at, long left)
    {
        left += _budget;
        ref readonly DecodedInstruction op = ref _program!.Code[at];
        HelperImplementation? helper = op.Operation == Operation.CallHelper ? _helpers.Find((int)op.Immediate) : _helpers.FindKernelFunction(op.Target);
        RunResult run = helper is null
            ? FaultAt(_program, at, left, FaultKind.UnknownHelper, null, $"{DescribeCall(op)} is not available here: {WhyNot(op)}")
            : FaultFrom(_program, at, left, $"{DescribeCall(op)}: ");
        _left = left;
        _fault = run.Fault;
        return 0;
    }

    // Where an address leads: a null reference when the access is not allowed, or leads to a stack of which not all is in memory.
    private ref byte Search(ulong address, int size, bool write, int depth, bool withStack)
    {
        uint region = (uint)(address >> 32) - FirstFrame;
        if (region < MaxFrames && !withStack)
        {
            return ref Unsafe.NullRef<byte>();
        }

        if (depth > 0)
        {
            SetDepth(depth);
        }

        bool found = TryLocate(address, size, write, out byte[] bytes, out int index);
        if (depth > 0)
        {
            SetDepth(0);
        }

        return ref found ? ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(bytes), index) : ref Unsafe.NullRef<byte>();
    }

    // A long run looks at the token; the result is how far down what is left may go before the next look.
    private long LookAtToken(long left)
    {
        _cancellation.ThrowIfCancellationRequested();
        return left - CancellationInterval;
    }

    // Items of a batch by generated code, which comes back where it cannot go on.
    private long RunItems(CompiledCode code, LoadedProgram program, Span<ulong> results, CancellationToken cancellationToken)
    {
        ContextBatch batch = _batch!;
        _itemCount = batch.Count;
        _itemStride = batch.Stride;
        BeginRun(program, cancellationToken);
        if (batch.SelectedSlots is null && _unwantedSlots.Length < batch.Count)
        {
            _unwantedSlots = new int[batch.Count];
        }

        Span<int> slots = batch.SelectedSlots ?? _unwantedSlots;
        BatchRun run = code.LanePlan is LanePlan plan && CanUseLanes(plan, batch, results) ? code.Lanes(batch.CountsInstructions) : code.Batch(batch.CountsInstructions);
        ref byte contexts = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(batch.Contexts), batch.Start);
        long executed = 0;
        for (int item = 0; ; item++)
        {
            _shownItem = -1;
            item = run(this, ref contexts, ref MemoryMarshal.GetReference(results), ref MemoryMarshal.GetReference(slots), item);
            executed += _executed;
            if (item >= batch.Count)
            {
                _selectedSlot = batch.Count == 0 ? NoSlot : slots[batch.Count - 1];
                return executed;
            }

            if (_shownItem != item)
            {
                ShowItem(item);
            }

            results[item] = _exitAt < 0 ? 0 : Resume(_exitAt, _exitDepth, _exitLeft);
            slots[item] = _selectedSlot;
            executed += _budget - _left;
            EndItem();
            MakeReady(program);
        }
    }

    private int LeaveAt(int at, int depth, long left, int item, long executed)
    {
        _exitAt = at;
        _exitDepth = depth;
        _exitLeft = left;
        _executed = executed;
        return item;
    }

    private int LeaveAfterHelper(int at, long left, int item, long executed)
    {
        EndInHelper(at, left);
        return LeaveAt(-1, 0, 0, item, executed);
    }

    private long InterpretItems(Span<ulong> results, CancellationToken cancellationToken)
    {
        ContextBatch batch = _batch!;
        long executed = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            ShowItem(i);
            RunResult run = Run(_batchProgram!, cancellationToken);
            results[i] = run.ReturnValue;
            executed += run.InstructionCount;
            if (batch.SelectedSlots is not null)
            {
                batch.SelectedSlots[i] = _selectedSlot;
            }

            _fault = run.Fault;
            EndItem();
        }

        return executed;
    }

    // For bound programs.

    internal void BeginBound(LoadedProgram program, long budget)
    {
        BeginRun(program, CancellationToken.None);
        _budget = _left = budget;
    }

    internal RunResult ResumeBound(int at, int depth, long left) => EndBound(Resume(at, depth, left));

    internal RunResult EndBoundInHelper(int at, long left) => EndBound(EndInHelper(at, left));

    private RunResult EndBound(ulong result)
    {
        if (_referenceCount > 0)
        {
            AbandonReferences();
        }

        Fault? fault = _fault;
        _fault = null;
        return new RunResult(result, _budget - _left, fault);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte ContextBytes() => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Context.Bytes), Context.Start);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte PacketBytes() => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Packet.Bytes), Packet.Start);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte ValueBytes(int map) =>
        ref MemoryMarshal.GetArrayDataReference(Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_maps), map)!.Values.Bytes);

    private int ReadableContext() => Context.ReadLength;

    private int WritableContext() => Context.WriteLength;

    private int ReadablePacket() => Packet.ReadLength;

    private int WritablePacket() => Packet.WriteLength;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int[] SlotErrors(int map) => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_maps), map)!.SlotErrors!;

    private uint CurrentCpu() => (uint)Environment.Cpu;

    private bool HasBeforeItem() => _batch!.BeforeItem is not null;

    // Makes the machine that of a new run, of the next item.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void BeginItem(int item)
    {
        MakeReady(_batchProgram!);
        _selectedSlot = NoSlot;
        _left = _budget;
        ShowItem(item);
    }

    private void ShowItem(int item)
    {
        ContextBatch batch = _batch!;
        BatchItem = _shownItem = item;
        Context.SetFlat(batch.Contexts, batch.Start + item * batch.Stride, batch.Length, batch.Writable);
        if (!batch.Ranges.IsEmpty)
        {
            PacketRange range = batch.Ranges.Span[item];
            Packet.SetFlat(batch.Packets, range.Start, range.Length, batch.PacketsWritable);
        }

        batch.BeforeItem?.Invoke(this, item);
    }

    // What the interpreter, or a helper, left behind in an item's run.
    private void EndItem()
    {
        if (_referenceCount > 0)
        {
            AbandonReferences();
        }

        if (_fault is not null)
        {
            (_batchFaults ??= ImmutableArray.CreateBuilder<BatchFault>()).Add(new BatchFault(BatchItem, _fault));
            _fault = null;
        }
    }

    /// <summary>Members that generated code uses.</summary>
    internal static class Members
    {
        public static readonly FieldInfo Budget = Field(nameof(_budget));
        public static readonly FieldInfo Executed = Field(nameof(_executed));
        public static readonly FieldInfo Left = Field(nameof(_left));
        public static readonly FieldInfo Failure = Field(nameof(_failure));
        public static readonly FieldInfo ReferenceCount = Field(nameof(_referenceCount));
        public static readonly MethodInfo Restart = Method(nameof(Machine.Restart));
        public static readonly MethodInfo RegisterFile = Method(nameof(Machine.RegisterFile));
        public static readonly MethodInfo StackBytes = Method(nameof(Machine.StackBytes));
        public static readonly MethodInfo ClearStack = Method(nameof(Machine.ClearStack));
        public static readonly MethodInfo Resume = Method(nameof(Machine.Resume));
        public static readonly MethodInfo SetFrame = Method(nameof(Machine.SetFrame));
        public static readonly MethodInfo CallHelper = Method(nameof(Machine.CallHelper));
        public static readonly MethodInfo EndInHelper = Method(nameof(Machine.EndInHelper));
        public static readonly MethodInfo Search = Method(nameof(Machine.Search));
        public static readonly MethodInfo LookAtToken = Method(nameof(Machine.LookAtToken));
        public static readonly MethodInfo ContextBytes = Method(nameof(Machine.ContextBytes));
        public static readonly MethodInfo PacketBytes = Method(nameof(Machine.PacketBytes));
        public static readonly MethodInfo ValueBytes = Method(nameof(Machine.ValueBytes));
        public static readonly MethodInfo ReadableContext = Method(nameof(Machine.ReadableContext));
        public static readonly MethodInfo WritableContext = Method(nameof(Machine.WritableContext));
        public static readonly MethodInfo ReadablePacket = Method(nameof(Machine.ReadablePacket));
        public static readonly MethodInfo WritablePacket = Method(nameof(Machine.WritablePacket));
        public static readonly FieldInfo SelectedSlot = Field(nameof(_selectedSlot));
        public static readonly MethodInfo SlotErrors = Method(nameof(Machine.SlotErrors));
        public static readonly MethodInfo CurrentCpu = Method(nameof(Machine.CurrentCpu));
        public static readonly FieldInfo ItemCount = Field(nameof(_itemCount));
        public static readonly FieldInfo ItemStride = Field(nameof(_itemStride));
        public static readonly MethodInfo HasBeforeItem = Method(nameof(Machine.HasBeforeItem));
        public static readonly MethodInfo BeginItem = Method(nameof(Machine.BeginItem));
        public static readonly MethodInfo LeaveAt = Method(nameof(Machine.LeaveAt));
        public static readonly MethodInfo LeaveAfterHelper = Method(nameof(Machine.LeaveAfterHelper));

        private static FieldInfo Field(string name) => typeof(Machine).GetField(name, BindingFlags.NonPublic | BindingFlags.Instance)!;

        private static MethodInfo Method(string name) => typeof(Machine).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Instance)!;
    }
}
