using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

/// <summary>
/// Runs programs: registers, stack, and the memory that a program may reach. Made once and used for many runs; a run allocates nothing
/// unless it ends in a fault. Belongs to one thread at a time, as do the maps of its programs.
/// </summary>
/// <remarks>
/// An address is 64 bits: a region in the upper half, an offset in the lower. Regions: 0 nothing (null), 1 context, 2 packet, 8 to 15
/// stack frames, 16 to 23 keys shown to callbacks, 24 to 63 the host's (<see cref="AddRegion"/>), from 64 on the values of maps in the order in which the run meets them. A map itself is
/// <see cref="MapTag"/> plus the region of its values. Addresses depend on nothing but the run, so the same inputs give the same addresses.
/// </remarks>
public sealed partial class Machine
{
    /// <summary>Bytes of stack in each frame (MAX_BPF_STACK).</summary>
    public const int StackSize = 512;

    /// <summary>Frames, the main function's included (MAX_CALL_FRAMES).</summary>
    public const int MaxFrames = 8;

    /// <summary>Address of the first byte of <see cref="Context"/>.</summary>
    public const ulong ContextAddress = 1UL << 32;

    /// <summary>Address of the first byte of <see cref="Packet"/>.</summary>
    public const ulong PacketAddress = 2UL << 32;

    internal const uint MapTag = 0x4000_0000;
    internal const uint FunctionTag = 0x2000_0000;
    private const uint FirstFrame = 8;
    private const uint FirstKey = 16;
    private const uint FirstHostRegion = 24;
    private const uint FirstMap = 64;
    private const int MaxTailCalls = 33;

    /// <summary>Programs that a host runs in turn: one for each protocol and family.</summary>
    private const int ArrangementsKept = 4;

    private readonly HelperTable _helpers;
    private readonly Frame[] _frames = new Frame[MaxFrames];
    private readonly byte[] _stack = new byte[MaxFrames * StackSize];
    private readonly MemoryRegion[] _frameRegions = new MemoryRegion[MaxFrames];
    private readonly MemoryRegion?[] _keyRegions = new MemoryRegion?[MaxFrames];
    private readonly byte[][] _keys = new byte[MaxFrames][];
    private readonly MemoryRegion _nothing = new("any memory of the program");
    private MemoryRegion[] _regions = new MemoryRegion[FirstMap + 16];
    private BpfMap?[] _maps = new BpfMap?[16];
    private (LoadedProgram Program, uint FirstPlace)[] _programs = new (LoadedProgram, uint)[4];
    private int _programCount;
    private uint _mapCount;
    private readonly Arrangement[] _arrangements = new Arrangement[ArrangementsKept];
    private int _oldestArrangement;
    private uint _hostRegions;
    private int _depth;
    private Registers _registers;
    private FailureReport? _failure;
    private LoadedProgram? _program;
    private uint _firstMap;
    private int _tailCalls;
    private long _budget;
    private long _left;
    private long _nextLook;
    private TraceRecorder? _recorder;
    private CancellationToken _cancellation;

    /// <summary>A machine.</summary>
    /// <param name="helpers">Its helpers; the default ones when null.</param>
    /// <param name="environment">Clocks, CPU, random numbers; all zero when null.</param>
    public Machine(HelperTable? helpers = null, ExecutionEnvironment? environment = null)
    {
        _helpers = helpers ?? HelperTable.CreateDefault();
        Environment = environment ?? new ExecutionEnvironment();
        Array.Fill(_regions, _nothing);
        Array.Fill(_keys, []);
        _regions[ContextAddress >> 32] = Context;
        _regions[PacketAddress >> 32] = Packet;
        for (int i = 0; i < MaxFrames; i++)
        {
            _frameRegions[i] = new MemoryRegion(string.Create(CultureInfo.InvariantCulture, $"stack frame {i}"));
            _frameRegions[i].SetFlat(_stack, i * StackSize, StackSize, writable: true);
        }

        _regions[FirstFrame] = _frameRegions[0];
    }

    /// <summary>Clocks, CPU, random numbers.</summary>
    public ExecutionEnvironment Environment { get; }

    /// <summary>The context, at <see cref="ContextAddress"/>; the host fills it before a run.</summary>
    public MemoryRegion Context { get; } = new("the context");

    /// <summary>The linear part of the packet, at <see cref="PacketAddress"/>; the host fills it before a run.</summary>
    public MemoryRegion Packet { get; } = new("the packet");

    /// <summary>Instructions that a run may execute; one more is a fault.</summary>
    public long InstructionBudget { get; set; } = 1_000_000;

    /// <summary>Gives the machine a region of the host's, for good.</summary>
    /// <returns>Address of its first byte.</returns>
    /// <exception cref="InvalidOperationException">There are 40 already.</exception>
    public ulong AddRegion(MemoryRegion region)
    {
        if (_hostRegions == FirstMap - FirstHostRegion)
        {
            throw new InvalidOperationException("A machine has room for 40 regions of its host.");
        }

        uint id = FirstHostRegion + _hostRegions++;
        _regions[id] = region;
        foreach (Arrangement other in _arrangements)
        {
            _ = other.Regions?[id] = region;
        }

        return (ulong)id << 32;
    }

    /// <summary>Runs a program with the context's address in r1 and 0 in r2.</summary>
    public RunResult Run(LoadedProgram program, CancellationToken cancellationToken = default) => Run(program, ContextAddress, 0, cancellationToken);

    /// <summary>Runs a program. Registers other than r1, r2 and r10 begin at 0, and so does the stack.</summary>
    /// <param name="program">The program.</param>
    /// <param name="r1">First argument.</param>
    /// <param name="r2">Second argument.</param>
    /// <param name="cancellationToken">Looked at every 65536 instructions.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the machine may be used again.</exception>
    public RunResult Run(LoadedProgram program, ulong r1, ulong r2, CancellationToken cancellationToken = default)
    {
        Prepare(program);
        _registers = default;
        _registers[(int)Register.R1] = r1;
        _registers[(int)Register.R2] = r2;
        _registers[(int)Register.R10] = FrameTop(0);
        if (program.UsesStack)
        {
            _stack.AsSpan(0, StackSize).Clear();
        }

        _program = program;
        _firstMap = 0;
        _tailCalls = 0;
        _budget = _left = Math.Max(0, InstructionBudget);
        _cancellation = cancellationToken;
        LookAtCancellation();
        return Interpret(next: 0, floor: 0);
    }

    /// <summary>For helpers: calls a function of the running program, in a frame of its own. False when it faulted; the run then ends with that fault.</summary>
    /// <param name="function">Address of the function, as an lddw gave it to the program.</param>
    /// <param name="r1">First argument.</param>
    /// <param name="r2">Second argument.</param>
    /// <param name="r3">Third argument.</param>
    /// <param name="r4">Fourth argument.</param>
    /// <param name="result">What the function returned.</param>
    public bool TryCall(ulong function, ulong r1, ulong r2, ulong r3, ulong r4, out ulong result)
    {
        LoadedProgram program = _program!;
        uint firstMap = _firstMap;
        result = 0;
        if (function >> 32 != FunctionTag || (uint)function >= (uint)program.Code.Length)
        {
            Fail(FaultKind.BadArgument, function, $"0x{function:x} is not a function of the program");
            return false;
        }

        if (_depth == MaxFrames - 1)
        {
            Fail(FaultKind.CallDepthExceeded, null, $"calls nested deeper than {MaxFrames} frames");
            return false;
        }

        Registers saved = _registers;
        EnterFrame();
        _registers = default;
        _registers[(int)Register.R1] = r1;
        _registers[(int)Register.R2] = r2;
        _registers[(int)Register.R3] = r3;
        _registers[(int)Register.R4] = r4;
        _registers[(int)Register.R10] = FrameTop(_depth);
        _recorder?.BeginCallback();
        RunResult run = Interpret((int)(uint)function, _depth);
        if (run.Fault is Fault fault)
        {
            _failure = new FailureReport(fault.Kind, fault.Address, fault.Text, fault);
            return false;
        }

        LeaveFrame();
        _registers = saved;
        _program = program;
        _firstMap = firstMap;
        _recorder?.EndCallback();
        result = run.ReturnValue;
        return true;
    }

    /// <summary>For helpers: ends the run with a fault after the helper returns. The first failure of a call counts.</summary>
    public void Fail(FaultKind kind, ulong? address, string text) => _failure ??= new FailureReport(kind, address, text);

    /// <summary>For helpers: memory to read. False, and the run ends, when it is not all the program's to read.</summary>
    public bool TryRead(ulong address, int length, out ReadOnlySpan<byte> bytes)
    {
        if (length == 0)
        {
            bytes = [];
            return true;
        }

        if (TryLocate(address, length, false, out byte[] array, out int index))
        {
            bytes = array.AsSpan(index, length);
            return true;
        }

        FailAccess(address, length, false);
        bytes = [];
        return false;
    }

    /// <summary>For helpers: memory to write. False, and the run ends, when it is not all the program's to write.</summary>
    public bool TryWrite(ulong address, int length, out Span<byte> bytes)
    {
        if (length == 0)
        {
            bytes = [];
            return true;
        }

        if (TryLocate(address, length, true, out byte[] array, out int index))
        {
            bytes = array.AsSpan(index, length);
            return true;
        }

        FailAccess(address, length, true);
        bytes = [];
        return false;
    }

    /// <summary>For helpers: the map that an lddw or a lookup in a map of maps gave the program. False, and the run ends, when the address is not a map's.</summary>
    public bool TryGetMap(ulong address, [NotNullWhen(true)] out BpfMap? map)
    {
        map = FindMap(address);
        if (map is not null)
        {
            return true;
        }

        Fail(FaultKind.BadArgument, address, $"0x{address:x} is not a map");
        return false;
    }

    /// <summary>For helpers: what helper 1 returns, the address of a value or of an inner map, or 0.</summary>
    /// <param name="mapAddress">The map as the program has it.</param>
    /// <param name="keyAddress">Where the key is.</param>
    /// <param name="cpu">CPU whose value is meant, in a per-CPU map.</param>
    public ulong LookupMap(ulong mapAddress, ulong keyAddress, uint cpu)
    {
        if (!TryGetMap(mapAddress, out BpfMap? map) || !TryRead(keyAddress, map.Spec.KeySize, out ReadOnlySpan<byte> key))
        {
            return 0;
        }

        if (map.ProgramsMayRead && (cpu < (uint)map.CpuCount || map.Spec.Type == MapType.Array) && map.TryFindValue(key, (int)cpu, out uint offset))
        {
            return ValueAddress(mapAddress, offset);
        }

        if (!map.HasProgramLookup || !map.ProgramsMayRead)
        {
            Fail(FaultKind.BadArgument, mapAddress, $"a program may not look into map '{map.Spec.Name}' ({map.Spec.Type}, {map.Spec.Flags})");
            return 0;
        }

        if (map is OuterMap outer)
        {
            return outer.FindMap(key) is BpfMap inner ? MapAddress(PlaceOf(inner)) : 0;
        }

        if (map.Spec.Type != MapType.Array)
        {
            HasCpu(map, cpu);
        }

        return 0;
    }

    /// <summary>For helpers: the address that a program has for a value.</summary>
    /// <param name="mapAddress">The map as the program has it.</param>
    /// <param name="offset">Offset in the map's values.</param>
    public static ulong ValueAddress(ulong mapAddress, uint offset) => (mapAddress - ((ulong)MapTag << 32)) | offset;

    // The key of the element that a callback of the running function is called for: written here, shown while the callback runs.
    internal Span<byte> KeyBuffer(int size)
    {
        ref byte[] key = ref _keys[_depth];
        if (key.Length < size)
        {
            key = new byte[size];
        }

        return key.AsSpan(0, size);
    }

    internal ulong ShowKey(int size)
    {
        MemoryRegion region = _keyRegions[_depth] ??= new MemoryRegion("the key of a map's element");
        region.SetFlat(_keys[_depth], 0, size, writable: false);
        _regions[FirstKey + _depth] = region;
        return (ulong)(FirstKey + (uint)_depth) << 32;
    }

    internal void HideKey() => _regions[FirstKey + _depth] = _nothing;

    // A host that runs on a CPU which the map was not made for would reach another key's value.
    internal bool HasCpu(BpfMap map, uint cpu)
    {
        if (cpu < (uint)map.CpuCount)
        {
            return true;
        }

        Fail(FaultKind.BadArgument, null, $"map '{map.Spec.Name}' was made for {map.CpuCount} CPUs; there is no CPU {cpu}");
        return false;
    }

    // Leaves the machine as a run of this program finds it: its own maps known, all else of the run before forgotten.
    private void Prepare(LoadedProgram program)
    {
        _ready = null;
        _selectedSlot = NoSlot;
        if (_depth != 0 || _programCount != 1 || !ReferenceEquals(_programs[0].Program, program) || _mapCount != (uint)program.Maps.Length
            || _failure is not null || _referenceCount > 0)
        {
            PrepareAnew(program);
        }
    }

    private void PrepareAnew(LoadedProgram program)
    {
        while (_depth > 0)
        {
            LeaveFrame();
            HideKey();
        }

        AbandonReferences();
        _failure = null;
        LoadedProgram? before = _programCount > 0 ? _programs[0].Program : null;
        while (_mapCount > (uint)(before?.Maps.Length ?? 0))
        {
            _maps[--_mapCount] = null;
            _regions[FirstMap + _mapCount] = _nothing;
        }

        if (!ReferenceEquals(before, program))
        {
            Arrange(before, program);
        }
        else if (_programCount > 1)
        {
            Array.Clear(_programs, 1, _programCount - 1);
            _programCount = 1;
        }
    }

    // Exchanges the maps of one program, which has no others now, for those of another.
    private void Arrange(LoadedProgram? before, LoadedProgram program)
    {
        int at = 0;
        while (at < ArrangementsKept && !ReferenceEquals(_arrangements[at].Program, program))
        {
            at++;
        }

        bool known = at < ArrangementsKept;
        if (before is not null)
        {
            ref Arrangement place = ref _arrangements[known ? at : _oldestArrangement++ % ArrangementsKept];
            Arrangement next = place;
            place = new Arrangement(before, _regions, _maps);
            (_regions, _maps) = next.Regions is null ? ([.. _regions], new BpfMap?[_maps.Length]) : (next.Regions, next.Maps!);
            if (!known)
            {
                Array.Clear(_maps);
                Array.Fill(_regions, _nothing, (int)FirstMap, _regions.Length - (int)FirstMap);
            }
        }

        Array.Clear(_programs);
        _programCount = 0;
        _mapCount = 0;
        if (!known)
        {
            PlaceMaps(program);
            return;
        }

        _programs[_programCount++] = (program, 0);
        _mapCount = (uint)program.Maps.Length;
    }

    // Where the maps of a program begin.
    private uint PlaceMaps(LoadedProgram program)
    {
        for (int i = 0; i < _programCount; i++)
        {
            if (ReferenceEquals(_programs[i].Program, program))
            {
                return _programs[i].FirstPlace;
            }
        }

        if (_programCount == _programs.Length)
        {
            Array.Resize(ref _programs, _programs.Length * 2);
        }

        uint first = _mapCount;
        _programs[_programCount++] = (program, first);
        foreach (BpfMap map in program.Maps)
        {
            AddMap(map);
        }

        return first;
    }

    // The place of a map in this run. The map remembers where it was last, which is nearly always still true.
    private uint PlaceOf(BpfMap map)
    {
        uint place = (uint)map.Place;
        if (place < _mapCount && ReferenceEquals(_maps[place], map))
        {
            return place;
        }

        int known = Array.IndexOf(_maps, map, 0, (int)_mapCount);
        if (known >= 0)
        {
            map.Place = known;
            return (uint)known;
        }

        return AddMap(map);
    }

    private uint AddMap(BpfMap map)
    {
        if (_mapCount == _maps.Length)
        {
            int old = _regions.Length;
            Array.Resize(ref _maps, _maps.Length * 2);
            Array.Resize(ref _regions, (int)FirstMap + _maps.Length);
            Array.Fill(_regions, _nothing, old, _regions.Length - old);
        }

        // Without the arrays' checks of what they are of: this is done for each inner map of each run.
        uint place = _mapCount++;
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_maps), place) = map;
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_regions), FirstMap + place) = map.Values;
        map.Place = (int)place;
        return place;
    }

    private void EnterFrame()
    {
        _depth++;
        _stack.AsSpan(_depth * StackSize, StackSize).Clear();
        _regions[FirstFrame + _depth] = _frameRegions[_depth];
    }

    private void LeaveFrame() => _regions[FirstFrame + _depth--] = _nothing;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryLocate(ulong address, int size, bool write, out byte[] bytes, out int index)
    {
        MemoryRegion[] regions = _regions;
        uint id = (uint)(address >> 32);
        if (id < (uint)regions.Length)
        {
            MemoryRegion region = regions[id];
            bytes = region.Bytes;
            uint offset = (uint)address;
            if ((ulong)offset + (uint)size <= (uint)(write ? region.WriteLength : region.ReadLength))
            {
                index = region.Start + (int)offset;
                return true;
            }

            return region.TryLocate(offset, size, write, out index);
        }

        bytes = [];
        index = 0;
        return false;
    }

    private void FailAccess(ulong address, int size, bool write)
    {
        uint id = (uint)(address >> 32);
        string access = string.Create(CultureInfo.InvariantCulture, $"{size}-byte {(write ? "store" : "load")} at 0x{address:x}: ");
        // Just before the first byte of a region reads as the end of the one below.
        uint offset = (uint)address;
        bool below = (int)offset < 0 && id + 1 < (uint)_regions.Length && !ReferenceEquals(_regions[id + 1], _nothing);
        if (id == 0 && !below)
        {
            Fail(FaultKind.NullAccess, address, access + "null pointer");
            return;
        }

        MemoryRegion region = below ? _regions[id + 1] : id < (uint)_regions.Length ? _regions[id] : _nothing;
        bool denied = !below && region.TryLocate(offset, size, !write, out _);
        Fail(denied ? FaultKind.AccessDenied : FaultKind.OutOfBounds, address, access + region.Explain(write));
    }

    [InlineArray(16)]
    private struct Registers
    {
        private ulong _first;
    }

    private struct Frame
    {
        public LoadedProgram Program;
        public int Return;
        public uint FirstMap;
        public ulong R6;
        public ulong R7;
        public ulong R8;
        public ulong R9;
    }

    private sealed record FailureReport(FaultKind Kind, ulong? Address, string Text, Fault? Callback = null);

    /// <summary>Where everything is while one program is run.</summary>
    private readonly record struct Arrangement(LoadedProgram? Program, MemoryRegion[]? Regions, BpfMap?[]? Maps);
}
