using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// A compiled program on a machine, with an array of contexts of one length: for runs one after the other, a call each
/// (<see cref="Machine.Bind"/>). Same outcomes as <see cref="Machine.Run(CompiledProgram, CancellationToken)"/>, but a run cannot be cancelled.
/// </summary>
/// <remarks>
/// Generated code is an override of a class of its own: a call to it goes there at once, where one by a delegate goes by a stub. The contexts and the values of
/// arrays are held in place as long as the bound program lives, so that it reaches them by their address.
/// </remarks>
public abstract class BoundProgram
{
    /// <summary>Maps that generated code can get at.</summary>
    internal const int MostMaps = 16;

    private readonly nint _first;
    private readonly uint _lastStart;
    private BoundOutcome _outcome = new() { Both = -1 };
    private ByMap<nint> _values;
    private ByMap<int[]?> _slotErrors;
    private readonly Machine _machine;
    private readonly byte[] _contexts;
    private readonly List<HeldArray> _held = [];
    private readonly int _length;
    private readonly bool _writable;
    private readonly bool _counts;
    private readonly long _budget;
    private readonly CompiledProgram _program;
    private long _instructionCount;
    private Fault? _fault;

    /// <summary>Initializes what all of them share.</summary>
    private protected BoundProgram(Machine machine, CompiledProgram program, byte[] contexts, int length, bool writable, bool counts)
    {
        _machine = machine;
        _program = program;
        _contexts = contexts;
        _length = length;
        _writable = writable;
        _counts = counts;
        _first = Hold(contexts);
        _lastStart = (uint)(contexts.Length - length);
        _budget = machine.InstructionBudget;
        if (program.Program.Maps.Length > MostMaps)
        {
            return;
        }

        for (int i = 0; i < program.Program.Maps.Length; i++)
        {
            BpfMap map = program.Program.Maps[i];
            _slotErrors[i] = map.SlotErrors;
            if (map.Spec.Type is MapType.Array or MapType.PerCpuArray)
            {
                _values[i] = Hold(map.Values.Bytes);
            }
        }
    }

    /// <summary>The slot that the last run selected by <see cref="SlotSelection"/>; -1 for none.</summary>
    public int SelectedSlot => _outcome.SelectedSlot;

    /// <summary>Instructions that the last run executed, lddw counting once; the faulting one included. 0 when that was not asked for.</summary>
    public long InstructionCount => _counts ? _instructionCount : 0;

    /// <summary>Why the last run has no result, or null.</summary>
    public Fault? Fault => _outcome.EndedAlone == 0 ? _fault : null;

    /// <summary>Runs the program.</summary>
    /// <param name="start">Index of the first byte of its context in the array.</param>
    /// <returns>r0 at exit; 0 after a fault.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no context of that length at that index.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Run(int start)
    {
        if ((uint)start > _lastStart)
        {
            ThrowOutside(start);
        }

        ulong result = RunCode(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), (nuint)_first + (uint)start));

        // And with it the arrays are held.
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>One run.</summary>
    /// <param name="context">The first byte of its context.</param>
    /// <returns>r0, or 0 after a fault, which is then set.</returns>
    protected internal abstract ulong RunCode(ref byte context);

    private static void ThrowOutside(int start) => throw new ArgumentOutOfRangeException(nameof(start), start, "The context must lie within the array.");

    private nint Hold(byte[] bytes)
    {
        HeldArray held = new(bytes);
        _held.Add(held);
        return held.Address;
    }

    private int StartOf(ref byte context) => (int)Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(_contexts), ref context);

    /// <summary>A run by the machine: for what generated code is not made for.</summary>
    private protected ulong RunOnMachine(ref byte context)
    {
        long budget = _machine.InstructionBudget;
        _machine.Context.SetFlat(_contexts, StartOf(ref context), _length, _writable);
        _machine.InstructionBudget = _budget;
        RunResult result = _machine.Run(_program);
        _machine.InstructionBudget = budget;
        return End(result);
    }

    private ulong End(RunResult result)
    {
        _outcome.SelectedSlot = _machine.SelectedSlot;
        _outcome.EndedAlone = 0;
        _instructionCount = result.InstructionCount;
        _fault = result.Fault;
        return result.ReturnValue;
    }

    // Everything below is called by generated code.

    private void Begin(ref byte context)
    {
        _machine.Context.SetFlat(_contexts, StartOf(ref context), _length, _writable);
        _machine.BeginBound(_program.Program, _budget);
    }

    private ulong Resume(ref byte context, int at, int depth, long left) => End(_machine.ResumeBound(at, depth, left));

    // A run that the machine has not heard of before, and that has selected what the machine's selected slot says.
    private ulong BeginLate(ref byte context, int at, int depth, long left)
    {
        int selected = _machine.SelectedSlot;
        Begin(ref context);
        _machine.SelectedSlot = selected;
        return End(_machine.ResumeBound(at, depth, left));
    }

    private ulong EndInHelper(int at, long left) => End(_machine.EndBoundInHelper(at, left));

    // The values of arrays stay where they are; no others are looked up by generated code.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte ValueBytes(int map) => ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), Unsafe.Add(ref Unsafe.As<ByMap<nint>, nint>(ref _values), map));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int[] SlotErrors(int map) => Unsafe.Add(ref Unsafe.As<ByMap<int[]?>, int[]>(ref _slotErrors), map);

    [InlineArray(MostMaps)]
    private struct ByMap<T>
    {
        private T _first;
    }

    /// <summary>Members that generated code uses.</summary>
    internal static class Members
    {
        private const BindingFlags Own = BindingFlags.NonPublic | BindingFlags.Instance;

        public static readonly FieldInfo Machine = Field(nameof(_machine));
        public static readonly FieldInfo Outcome = Field(nameof(_outcome));
        public static readonly FieldInfo InstructionCount = Field(nameof(_instructionCount));
        public static readonly MethodInfo Begin = Method(nameof(BoundProgram.Begin));
        public static readonly MethodInfo BeginLate = Method(nameof(BoundProgram.BeginLate));
        public static readonly MethodInfo Resume = Method(nameof(BoundProgram.Resume));
        public static readonly MethodInfo EndInHelper = Method(nameof(BoundProgram.EndInHelper));
        public static readonly MethodInfo ValueBytes = Method(nameof(BoundProgram.ValueBytes));
        public static readonly MethodInfo SlotErrors = Method(nameof(BoundProgram.SlotErrors));

        private static FieldInfo Field(string name) => typeof(BoundProgram).GetField(name, Own)!;

        private static MethodInfo Method(string name) => typeof(BoundProgram).GetMethod(name, Own)!;
    }
}
