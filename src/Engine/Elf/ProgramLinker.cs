using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Elf;

/// <summary>
/// Makes one piece of code of a program and the functions that it calls, in libbpf's order: a function is appended where it is first called,
/// and what it calls itself comes next.
/// </summary>
/// <param name="file">The object.</param>
/// <param name="reader">Reads functions.</param>
/// <param name="maps">Its maps.</param>
/// <param name="types">Its types, as the kernel is given them; null when it has none.</param>
/// <param name="extension">Functions and lines; null when they are not known.</param>
/// <param name="findings">What is wrong.</param>
internal sealed class ProgramLinker(ElfFile file, FunctionReader reader, MapReader maps, BtfTypes? types, BtfExtension? extension, FindingList findings)
{
    // What all programs of an object together may have: plenty for any object, and bounded by the file for one that is made to be large.
    private const int LeastSlots = 65_536;
    private int _slotsLeft = Math.Max(LeastSlots, file.Length / 10 * 3);

    /// <summary>The linked program, or null after findings.</summary>
    internal ProgramSpec? Link(ElfFunction program, ProgramType type, AttachType attachType, string license)
    {
        if (_slotsLeft < 0)
        {
            return null; // told already
        }

        List<(ElfFunction Function, int At)> parts = Arrange(program, out Dictionary<ElfFunction, int> places);
        int length = parts[^1].At + parts[^1].Function.Length;
        _slotsLeft -= length;
        if (findings.HasErrors)
        {
            return null;
        }

        string section = file.Sections[program.Section].Name;
        if (_slotsLeft < 0 || length > InstructionChecker.MaxSlots)
        {
            findings.Add(ElfDiagnostics.LinkedTooLarge, section, null, string.Create(CultureInfo.InvariantCulture, $"Program '{program.Name}' has {length} instructions with what it calls."));
            return null;
        }

        byte[] code = new byte[length * InstructionCodec.SlotSize];
        List<int> used = [];
        List<string> kernelFunctions = [];
        foreach ((ElfFunction function, int at) in parts)
        {
            function.Code!.CopyTo(code.AsSpan(at * InstructionCodec.SlotSize));
            foreach (ElfReference reference in function.References)
            {
                int value = reference.Function is ElfFunction target ? places[target] - (at + reference.Slot) - 1
                    : reference.KernelFunction is string kernel ? NumberOf(kernelFunctions, kernel)
                    : NumberOf(used, reference.Map);
                BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(((at + reference.Slot) * InstructionCodec.SlotSize) + 4), value);
            }
        }

        DecodeResult decoded = InstructionCodec.Decode(code);
        foreach (Diagnostic diagnostic in decoded.Diagnostics)
        {
            findings.Add(diagnostic with { Message = $"Program '{program.Name}': {diagnostic.Message}" }, section);
        }

        return decoded.Succeeded
            ? new ProgramSpec(ObjectName.Of(program.Name), type, attachType, decoded.Instructions, MapsOf(used), license) { Btf = Describe(parts), KernelFunctions = [.. kernelFunctions] }
            : null;
    }

    private List<(ElfFunction Function, int At)> Arrange(ElfFunction program, out Dictionary<ElfFunction, int> places)
    {
        places = new Dictionary<ElfFunction, int> { [program] = 0 };
        List<(ElfFunction Function, int At)> parts = [(program, 0)];
        Stack<(ElfFunction Function, int Next)> work = new();
        reader.Read(program);
        work.Push((program, 0));
        int end = program.Length;
        while (work.TryPop(out (ElfFunction Function, int Next) current))
        {
            for (int i = current.Next; i < current.Function.References.Count; i++)
            {
                if (current.Function.References[i].Function is ElfFunction target && places.TryAdd(target, end))
                {
                    parts.Add((target, end));
                    end += target.Length;
                    reader.Read(target);
                    work.Push((current.Function, i + 1));
                    work.Push((target, 0));
                    break;
                }
            }
        }

        return parts;
    }

    private static int NumberOf<T>(List<T> items, T item)
    {
        int number = items.IndexOf(item);
        if (number < 0)
        {
            number = items.Count;
            items.Add(item);
        }

        return number;
    }

    // Those that the code refers to, in its order, and the read-only variables, which libbpf binds to every program.
    private ImmutableArray<MapSpec> MapsOf(List<int> used)
    {
        ImmutableArray<MapSpec>.Builder specs = ImmutableArray.CreateBuilder<MapSpec>(used.Count);
        foreach (int map in used)
        {
            specs.Add(maps.Maps[map].Spec);
        }

        for (int map = 0; map < maps.Maps.Count; map++)
        {
            if (maps.Maps[map].Section.StartsWith(".rodata", StringComparison.Ordinal) && !used.Contains(map))
            {
                specs.Add(maps.Maps[map].Spec);
            }
        }

        return specs.DrainToImmutable();
    }

    private ProgramBtf? Describe(List<(ElfFunction Function, int At)> parts)
    {
        if (types is null)
        {
            return null;
        }

        ImmutableArray<FunctionInfo>.Builder functions = ImmutableArray.CreateBuilder<FunctionInfo>(parts.Count);
        ImmutableArray<LineInfo>.Builder lines = ImmutableArray.CreateBuilder<LineInfo>();
        bool isWhole = extension is not null;
        foreach ((ElfFunction function, int at) in parts)
        {
            if (!isWhole)
            {
                break;
            }

            string section = file.Sections[function.Section].Name;
            long start = (long)function.Start * InstructionCodec.SlotSize;
            long end = (long)function.End * InstructionCodec.SlotSize;
            BtfRecords known = extension!.FunctionsOf(section);
            (int first, int last) = known.Between(start, end);
            isWhole = first < last && known.Word(first, 0) == start && known.Word(first, 1) is uint id && id < (uint)types.Count && types.KindOf((int)id) == BtfKind.Function;
            if (isWhole)
            {
                functions.Add(new FunctionInfo(at, (int)known.Word(first, 1)));
                AddLines(extension.LinesOf(section), start, end, at, function.Code!, lines);
            }
        }

        // All or nothing: the kernel wants to know every function or none.
        return isWhole ? new ProgramBtf(types, functions.DrainToImmutable(), lines.DrainToImmutable()) : new ProgramBtf(types, [], []);
    }

    private static void AddLines(BtfRecords records, long start, long end, int at, byte[] code, ImmutableArray<LineInfo>.Builder lines)
    {
        (int first, int last) = records.Between(start, end);
        for (int i = first; i < last; i++)
        {
            long offset = records.Word(i, 0) - start;
            int slot = at + (int)(offset / InstructionCodec.SlotSize);
            // The kernel wants whole instructions, each once; the second half of an lddw has no opcode.
            if (offset % InstructionCodec.SlotSize == 0 && code[(int)offset] != 0 && (lines.Count == 0 || lines[^1].Slot < slot))
            {
                lines.Add(new LineInfo(slot, records.Word(i, 1), records.Word(i, 2), records.Word(i, 3)));
            }
        }
    }
}
