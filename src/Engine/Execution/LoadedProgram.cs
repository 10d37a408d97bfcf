using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Execution;

/// <summary>A program bound to live maps, ready for a <see cref="Machine"/>. Holds no state of a run: any number of machines may use it.</summary>
public sealed class LoadedProgram : IProgramReference
{
    private readonly int[] _slots;

    private LoadedProgram(ProgramSpec spec, ImmutableArray<BpfMap> maps, DecodedInstruction[] code, int[] slots, bool usesStack)
    {
        Spec = spec;
        Maps = maps;
        Code = code;
        FusedCode = InstructionFusion.Fuse(code);
        _slots = slots;
        UsesStack = usesStack;
    }

    /// <summary>What it was made from.</summary>
    public ProgramSpec Spec { get; }

    /// <summary>The live maps, in the order of the spec's.</summary>
    public ImmutableArray<BpfMap> Maps { get; }

    /// <summary>The id that a backend gave it.</summary>
    public uint Id { get; set; }

    internal DecodedInstruction[] Code { get; }

    /// <summary>The same at the same indices, some of it fused.</summary>
    internal DecodedInstruction[] FusedCode { get; }

    internal bool UsesStack { get; }

    /// <summary>Whether code generated for one is right for the other: the same program, with maps that differ in nothing but what is in them.</summary>
    internal bool SharesCodeWith(LoadedProgram other) =>
        ReferenceEquals(Spec, other.Spec) && Maps.Zip(other.Maps).All(static pair => pair.First.SharesCodeWith(pair.Second));

    /// <summary>Checks and binds a program.</summary>
    /// <param name="spec">The program.</param>
    /// <param name="maps">A live map for each of the spec's maps.</param>
    /// <param name="program">The loaded program, or null.</param>
    /// <param name="diagnostics">What is wrong: RPS1001 to RPS1012 malformed code, RPS1020 no such map, RPS1021 no address inside that map's value, RPS1022 no such kernel function named, RPS1023 not available off-kernel.</param>
    public static bool TryLoad(
        ProgramSpec spec, IReadOnlyList<BpfMap> maps, [NotNullWhen(true)] out LoadedProgram? program, out ImmutableArray<Diagnostic> diagnostics)
    {
        program = null;
        ReadOnlySpan<Instruction> instructions = spec.Instructions.AsSpan();
        diagnostics = InstructionChecker.Check(instructions);
        if (!diagnostics.IsEmpty)
        {
            return false;
        }

        int[] slots = new int[instructions.Length];
        Dictionary<long, int> indexOfSlot = new(instructions.Length);
        int slot = 0;
        for (int i = 0; i < instructions.Length; i++)
        {
            slots[i] = slot;
            indexOfSlot[slot] = i;
            slot += instructions[i].SlotCount;
        }

        List<Diagnostic> found = [];
        DecodedInstruction[] code = new DecodedInstruction[instructions.Length];
        bool usesStack = false;
        for (int i = 0; i < code.Length; i++)
        {
            InstructionForm form = OpcodeTable.Find(instructions[i])!;
            CheckMap(instructions[i], form, maps, slots[i], found);
            long? target = InstructionChecker.TargetOf(instructions[i], form, slots[i]);
            code[i] = DecodedInstruction.From(instructions[i], form, target is long at ? indexOfSlot[at] : KernelFunctionOf(spec, instructions[i], form, slots[i], found));
            usesStack |= instructions[i].Destination == (byte)Register.R10 || (form.UsesSource && instructions[i].Source == (byte)Register.R10);
        }

        diagnostics = [.. found];
        if (found.Count == 0)
        {
            program = new LoadedProgram(spec, [.. maps], code, slots, usesStack);
        }

        return program is not null;
    }

    /// <summary>Checks and binds a program.</summary>
    /// <exception cref="DiagnosticException">See <see cref="TryLoad"/>.</exception>
    public static LoadedProgram Load(ProgramSpec spec, params IReadOnlyList<BpfMap> maps) =>
        TryLoad(spec, maps, out LoadedProgram? program, out ImmutableArray<Diagnostic> diagnostics) ? program : throw new DiagnosticException(diagnostics);

    /// <summary>The memory that a load, store or atomic operation reaches.</summary>
    /// <param name="index">The instruction.</param>
    /// <param name="registers">The registers before it.</param>
    /// <param name="address">Address of its first byte.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="write">Whether it must be writable.</param>
    /// <returns>False when it is another instruction.</returns>
    internal bool TryDescribeAccess(int index, ReadOnlySpan<ulong> registers, out ulong address, out int size, out bool write)
    {
        ref readonly DecodedInstruction op = ref Code[index];
        InstructionForm form = OpcodeTable.Find(Spec.Instructions[index])!;
        bool isLoad = op.Operation is >= Operation.Load8 and <= Operation.LoadSigned32;
        write = op.Operation is >= Operation.Store8 and <= Operation.Atomic64;
        address = registers[isLoad ? op.Source : op.Destination] + (ulong)op.Target;
        size = form.Bits / 8;
        return isLoad || write;
    }

    /// <summary>The 8-byte slot of an instruction.</summary>
    internal int SlotOf(int index) => _slots[index];

    // The number of the kernel function that an instruction calls; 0 where it calls none.
    private static int KernelFunctionOf(ProgramSpec spec, in Instruction instruction, InstructionForm form, int slot, List<Diagnostic> found)
    {
        if (form is not { Kind: InstructionKind.Call, CallKind: CallKind.Kernel })
        {
            return 0;
        }

        SourceLocation place = new(Instruction: slot);
        if (instruction.Offset != 0)
        {
            found.Add(ProgramDiagnostics.KernelFunctionNotAvailable.At(place, $"{form.Mnemonic} calls a function of a kernel module (offset {instruction.Offset}), which is not available off-kernel."));
            return 0;
        }

        if ((uint)instruction.Immediate >= (uint)spec.KernelFunctions.Length)
        {
            found.Add(ProgramDiagnostics.NoSuchKernelFunction.At(place, $"{form.Mnemonic} refers to kernel function {instruction.Immediate}; the program names {spec.KernelFunctions.Length}."));
            return 0;
        }

        string name = spec.KernelFunctions[instruction.Immediate];
        int number = KernelFunctions.Find(name);
        if (number < 0)
        {
            found.Add(ProgramDiagnostics.KernelFunctionNotAvailable.At(place, $"The kernel function '{name}' is not available off-kernel."));
        }

        return number;
    }

    private static void CheckMap(in Instruction instruction, InstructionForm form, IReadOnlyList<BpfMap> maps, int slot, List<Diagnostic> found)
    {
        if (form is not { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Map or WideLoadKind.MapIndex or WideLoadKind.MapValue or WideLoadKind.MapIndexValue })
        {
            return;
        }

        SourceLocation place = new(Instruction: slot);
        if ((uint)instruction.Immediate >= (uint)maps.Count)
        {
            found.Add(ProgramDiagnostics.NoSuchMap.At(place, $"{form.Mnemonic} refers to map {instruction.Immediate}; the program has {maps.Count} maps."));
        }
        else if (form.WideLoad is WideLoadKind.MapValue or WideLoadKind.MapIndexValue)
        {
            // array_map_direct_value_addr: only arrays of one entry have an address that is known in advance.
            MapSpec map = maps[instruction.Immediate].Spec;
            if (map.Type != MapType.Array || map.MaxEntries != 1 || (uint)instruction.NextImmediate >= (uint)map.ValueSize)
            {
                found.Add(ProgramDiagnostics.NoMapValueAddress.At(
                    place, $"{form.Mnemonic} wants byte {instruction.NextImmediate} of the value of map '{map.Name}', which is a {map.Type} of {map.MaxEntries} with values of {map.ValueSize} bytes."));
            }
        }
    }
}
