using System.Buffers.Binary;
using System.Globalization;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Elf;

/// <summary>Reads the code of functions: byte order, relocations against the kernel's types, and what the instructions refer to.</summary>
internal sealed class FunctionReader
{
    private const int MissingKernelFunction = 2002000000; // as libbpf numbers it

    private static readonly byte s_call = Instructions.CallHelper(0).Opcode;

    private readonly ElfFile _file;
    private readonly FunctionTable _functions;
    private readonly MapReader _maps;
    private readonly ExternTable _externs;
    private readonly BtfExtension? _extension;
    private readonly CoreRelocator? _relocator;
    private readonly FindingList _findings;
    private readonly Dictionary<int, ElfRelocation[]> _relocations = [];

    internal FunctionReader(
        ElfFile file, FunctionTable functions, MapReader maps, BtfTypes? types, BtfExtension? extension, BtfTypes? kernel, FindingList findings)
    {
        _file = file;
        _functions = functions;
        _maps = maps;
        _externs = new ExternTable(file, types, kernel, findings);
        _extension = extension;
        _relocator = types is not null && extension is { HasRelocations: true } ? new CoreRelocator(types, kernel) : null;
        _findings = findings;
        CollectRelocations();
    }

    /// <summary>Reads a function once. Findings tell what is wrong with it.</summary>
    internal void Read(ElfFunction function)
    {
        if (function.Code is not null)
        {
            return;
        }

        ElfSection section = _file.Sections[function.Section];
        ReadOnlySpan<byte> bytes = _file.BytesOf(section).Span.Slice(function.Start * InstructionCodec.SlotSize, function.Length * InstructionCodec.SlotSize);
        byte[] code = function.Code = bytes.ToArray();
        if (_file.Order == ElfByteOrder.BigEndian)
        {
            ToLittleEndian(code);
        }

        FitToKernel(function, code, section.Name);
        Refer(function, code, section.Name);
    }

    private static void ToLittleEndian(Span<byte> code)
    {
        for (int at = 0; at < code.Length; at += InstructionCodec.SlotSize)
        {
            Span<byte> slot = code.Slice(at, InstructionCodec.SlotSize);
            slot[1] = (byte)((slot[1] << 4) | (slot[1] >> 4));
            slot[2..4].Reverse();
            slot[4..].Reverse();
        }
    }

    private static int ImmediateOf(ReadOnlySpan<byte> code, int slot) => BinaryPrimitives.ReadInt32LittleEndian(code[((slot * InstructionCodec.SlotSize) + 4)..]);

    private static int SourceOf(ReadOnlySpan<byte> code, int slot) => code[(slot * InstructionCodec.SlotSize) + 1] >> 4;

    private static void SetSource(Span<byte> code, int slot, byte source) =>
        code[(slot * InstructionCodec.SlotSize) + 1] = (byte)((code[(slot * InstructionCodec.SlotSize) + 1] & 0x0f) | (source << 4));

    private static void SetImmediate(Span<byte> code, int slot, int immediate) =>
        BinaryPrimitives.WriteInt32LittleEndian(code[((slot * InstructionCodec.SlotSize) + 4)..], immediate);

    private static long Place(ElfFunction function, int slot) => (long)(function.Start + slot) * InstructionCodec.SlotSize;

    private void CollectRelocations()
    {
        foreach (ElfSection section in _file.Sections)
        {
            if (section.Target >= (uint)_file.Sections.Length || !_file.Sections[(int)section.Target].IsCode)
            {
                continue;
            }

            if (section.Type == ElfSection.RelocationsWithAddend)
            {
                _findings.Add(ElfDiagnostics.BadRelocation, section.Name, 0, "The relocations have addends of their own (RELA), which BPF objects do not have.");
            }
            else if (section.Type == ElfSection.Relocations)
            {
                if (!_relocations.TryAdd((int)section.Target, [.. _file.RelocationsOf(section)]))
                {
                    _findings.Add(ElfDiagnostics.BadRelocation, section.Name, 0, $"Section '{_file.Sections[(int)section.Target].Name}' has relocations twice.");
                }
            }
        }

        foreach (ElfRelocation[] relocations in _relocations.Values)
        {
            Array.Sort(relocations, static (one, other) => one.Offset.CompareTo(other.Offset));
        }
    }

    private void FitToKernel(ElfFunction function, byte[] code, string section)
    {
        if (_relocator is null)
        {
            return;
        }

        BtfRecords records = _extension!.RelocationsOf(section);
        (int first, int end) = records.Between(Place(function, 0), Place(function, function.Length));
        for (int i = first; i < end; i++)
        {
            long offset = records.Word(i, 0);
            int at = (int)(offset - Place(function, 0));
            CoreRelocationKind kind = (CoreRelocationKind)records.Word(i, 3);
            if (_relocator.NeedsTarget(kind))
            {
                _findings.Add(BtfDiagnostics.NeedsKernelTypes, section, offset, $"Function '{function.Name}' depends on the types of the kernel: {_relocator.Describe(records.Word(i, 1), records.Word(i, 2), kind)}.");
                return;
            }

            string? problem = "it is for no instruction";
            bool isAmbiguous = false;
            if (at % InstructionCodec.SlotSize == 0 && _relocator.Resolve(records.Word(i, 1), records.Word(i, 2), kind, out problem, out isAmbiguous) is CoreResult result)
            {
                problem = CorePatch.Apply(code.AsSpan(at), result, out bool isPoisoned);
                if (isPoisoned)
                {
                    string what = _relocator.Describe(records.Word(i, 1), records.Word(i, 2), kind);
                    _findings.Add(
                        BtfDiagnostics.UnresolvedRelocation, section, offset,
                        $"Function '{function.Name}': the kernel {(result.IsMissing ? "lacks what" : "has another size and kind of what")} {what} asks for.");
                }
            }

            if (problem is not null)
            {
                _findings.Add(
                    isAmbiguous ? BtfDiagnostics.AmbiguousRelocation : BtfDiagnostics.BadRelocation, section, offset,
                    $"Function '{function.Name}', {_relocator.Describe(records.Word(i, 1), records.Word(i, 2), kind)}: {problem}");
            }
        }
    }

    private void Refer(ElfFunction function, byte[] code, string section)
    {
        ElfRelocation[] relocations = _relocations.GetValueOrDefault(function.Section) ?? [];
        int next = FirstFrom(relocations, Place(function, 0));
        for (int slot = 0; slot < function.Length; slot++)
        {
            int first = slot;
            byte opcode = code[slot * InstructionCodec.SlotSize];
            bool isWide = opcode == Instruction.LoadImmediate64;
            bool isRelocated = next < relocations.Length && relocations[next].Offset == Place(function, slot);
            if (isRelocated)
            {
                ElfRelocation relocation = relocations[next++];
                string? problem = (isWide && slot + 1 < function.Length) || opcode == s_call
                    ? Refer(function, code, slot, section, relocation)
                    : $"opcode 0x{opcode:x2} refers to nothing.";
                if (problem is not null)
                {
                    _findings.Add(ElfDiagnostics.BadRelocation, section, relocation.Offset, $"Function '{function.Name}': {problem}");
                }
            }
            else if (opcode == s_call && SourceOf(code, slot) == (byte)CallKind.Local)
            {
                ReferToFunction(function, slot, section, function.Section, (long)function.Start + slot + ImmediateOf(code, slot) + 1);
            }
            else if ((isWide && SourceOf(code, slot) != (byte)WideLoadKind.Value) || (opcode == s_call && SourceOf(code, slot) == (byte)CallKind.Kernel))
            {
                _findings.Add(ElfDiagnostics.BadRelocation, section, Place(function, slot), $"Function '{function.Name}': a map or function without a relocation that says which.");
            }

            slot += isWide ? 1 : 0;
            if (next < relocations.Length && relocations[next].Offset < Math.Min(Place(function, slot + 1), Place(function, function.Length)))
            {
                _findings.Add(
                    ElfDiagnostics.BadRelocation, section, relocations[next].Offset,
                    string.Create(CultureInfo.InvariantCulture, $"Function '{function.Name}': a relocation inside of instruction {first}, or a second one of it."));
                while (next < relocations.Length && relocations[next].Offset < Place(function, slot + 1))
                {
                    next++;
                }
            }
        }
    }

    private static int FirstFrom(ElfRelocation[] relocations, long offset)
    {
        int low = 0;
        int high = relocations.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = relocations[middle].Offset < offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    // The problem, or null.
    private string? Refer(ElfFunction function, byte[] code, int slot, string section, ElfRelocation relocation)
    {
        bool isCall = code[slot * InstructionCodec.SlotSize] == s_call;
        if (_file.SymbolAt(relocation.Symbol) is not ElfSymbol symbol)
        {
            return $"symbol {relocation.Symbol} is not there.";
        }

        if (relocation.Type != (isCall ? ElfRelocation.Call : ElfRelocation.Wide))
        {
            return $"a relocation of type {relocation.Type} cannot be carried out on {(isCall ? "a call" : "an lddw")}.";
        }

        if (symbol.IsExtern)
        {
            ReferToKernel(function, code, slot, section, symbol, isCall);
            return null;
        }

        if (symbol.IsReserved)
        {
            return $"'{_file.NameOf(symbol)}' is in no section; perhaps it has no initial value (compile with -fno-common).";
        }

        int immediate = ImmediateOf(code, slot);
        if (isCall)
        {
            if (SourceOf(code, slot) != (byte)CallKind.Local || symbol.Value % InstructionCodec.SlotSize != 0 || symbol.Value > int.MaxValue)
            {
                return $"the call of '{_file.NameOf(symbol)}' has an odd form.";
            }

            ReferToFunction(function, slot, section, symbol.Section, (long)(symbol.Value / InstructionCodec.SlotSize) + immediate + 1);
            return null;
        }

        if (symbol.Section == _functions.SharedSectionIndex && (symbol.IsFunction || symbol.IsSection))
        {
            long target = (long)Math.Min(symbol.Value, int.MaxValue) + immediate;
            SetSource(code, slot, (byte)WideLoadKind.Function);
            ReferToFunction(function, slot, section, symbol.Section, target % InstructionCodec.SlotSize == 0 ? target / InstructionCodec.SlotSize : -1);
            return null;
        }

        return ReferToMap(function, code, slot, symbol, immediate);
    }

    private string? ReferToMap(ElfFunction function, byte[] code, int slot, in ElfSymbol symbol, int immediate)
    {
        string name = _file.NameOf(symbol) ?? "";
        if (symbol.Section == _maps.DefinitionSectionIndex)
        {
            if (_maps.DefinedAt(symbol.Value) is not int defined || immediate != 0)
            {
                return $"'{name}' is no map.";
            }

            SetSource(code, slot, (byte)WideLoadKind.Map);
            function.References.Add(new ElfReference(slot, null, null, defined));
            return null;
        }

        if (_maps.OfSection(symbol.Section) is not int map)
        {
            string section = symbol.Section < _file.Sections.Length ? _file.Sections[symbol.Section].Name : "";
            return $"'{name}' is in section '{section}', which holds neither maps nor variables.";
        }

        long offset = (long)Math.Min(symbol.Value, int.MaxValue) + immediate;
        if (offset < 0 || offset >= _maps.Maps[map].Spec.ValueSize)
        {
            return string.Create(CultureInfo.InvariantCulture, $"byte {offset} of '{_maps.Maps[map].Section}' is outside of its {_maps.Maps[map].Spec.ValueSize}.");
        }

        SetSource(code, slot, (byte)WideLoadKind.MapValue);
        SetImmediate(code, slot + 1, (int)offset);
        function.References.Add(new ElfReference(slot, null, null, map));
        return null;
    }

    private void ReferToFunction(ElfFunction function, int slot, string section, int targetSection, long targetSlot)
    {
        ElfFunction? target = targetSection == _functions.SharedSectionIndex ? _functions.At(targetSection, targetSlot) : null;
        if (target is null)
        {
            string place = targetSection < _file.Sections.Length ? _file.Sections[targetSection].Name : "";
            _findings.Add(
                ElfDiagnostics.BadCall, section, Place(function, slot),
                string.Create(CultureInfo.InvariantCulture, $"Function '{function.Name}' leads to instruction {targetSlot} of section '{place}', where no function of {FunctionTable.SharedSection} begins."));
            return;
        }

        function.References.Add(new ElfReference(slot, target, null, -1));
    }

    private void ReferToKernel(ElfFunction function, byte[] code, int slot, string section, in ElfSymbol symbol, bool isCall)
    {
        if (_externs.Resolve(symbol, isCall, section, Place(function, slot)) is not KernelSymbol found)
        {
            return;
        }

        if (isCall)
        {
            SetSource(code, slot, (byte)(found.IsMissing ? CallKind.Helper : CallKind.Kernel));
            SetImmediate(code, slot, MissingKernelFunction);
            if (!found.IsMissing)
            {
                function.References.Add(new ElfReference(slot, null, found.Name, -1));
            }
        }
        else
        {
            SetSource(code, slot, (byte)(found.IsMissing ? WideLoadKind.Value : WideLoadKind.BtfVariable));
            SetImmediate(code, slot, found.Id);
            SetImmediate(code, slot + 1, 0);
        }
    }
}
