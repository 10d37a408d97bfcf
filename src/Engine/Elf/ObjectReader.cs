using System.Collections.Immutable;
using System.Text;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Elf;

/// <summary>Reads one object file, from the outside in: sections, types, functions, maps, programs.</summary>
internal sealed class ObjectReader(ReadOnlyMemory<byte> bytes, string name, ElfOptions options)
{
    private const int LongestLicense = 128;

    private readonly FindingList _findings = new(name);

    internal ElfObject Read()
    {
        if (ElfFile.Read(bytes, _findings) is not ElfFile file)
        {
            return Refuse(null);
        }

        if (file.Order == ElfByteOrder.BigEndian)
        {
            _findings.Add(ElfDiagnostics.OtherByteOrder, null, 5, "The object is for a big-endian machine.");
        }

        if (file.Find("maps") is ElfSection legacy)
        {
            _findings.Add(ElfDiagnostics.LegacyMaps, legacy.Name, 0, $"Section 'maps' has {legacy.Size} bytes of map structures of the old style.");
        }

        BtfTypes? types = ReadTypes(file, out BtfExtension? extension);
        BtfTypes? prepared = types is null ? null : ObjectTypes.Prepare(types, file);
        FunctionTable functions = FunctionTable.Read(file, _findings);
        MapReader maps = new(file, name, prepared, _findings);
        maps.Read();
        WarnOfAddresses(file, maps);
        if (_findings.HasErrors)
        {
            return Refuse(file.Order);
        }

        string license = ReadLicense(file);
        FunctionReader reader = new(file, functions, maps, types, extension, options.KernelTypes, _findings);
        ProgramLinker linker = new(file, reader, maps, prepared, extension, _findings);
        ImmutableArray<ElfProgram>.Builder programs = ImmutableArray.CreateBuilder<ElfProgram>();
        Dictionary<ElfFunction, int> indices = [];
        foreach (ElfSection section in file.Sections)
        {
            if (section.IsCode && section.Name != FunctionTable.SharedSection)
            {
                LinkSection(section, functions, linker, license, programs, indices);
            }
        }

        ImmutableArray<MapSlot> slots = ReadSlots(file, functions, maps, indices);
        if (programs.Count == 0 && !_findings.HasErrors)
        {
            _findings.Add(ElfDiagnostics.NoProgram, null, null, "There is no program in the file that this module takes.");
        }

        return _findings.HasErrors
            ? Refuse(file.Order)
            : new ElfObject(name, file.Order, license, ReadVersion(file), programs.DrainToImmutable(), [.. maps.Maps], slots, _findings.ToImmutable()) { Types = prepared };
    }

    private ElfObject Refuse(ElfByteOrder? order) => new(name, order, "", 0, [], [], [], _findings.ToImmutable());

    private BtfTypes? ReadTypes(ElfFile file, out BtfExtension? extension)
    {
        extension = null;
        if (file.Find(".BTF") is not ElfSection section)
        {
            if (file.Find(MapReader.DefinitionSection) is not null)
            {
                _findings.Add(ElfDiagnostics.NoTypes, null, null, "The object has maps in .maps and no .BTF that says what they are.");
            }

            return null;
        }

        if (!BtfTypes.TryRead(InLittleEndian(file, section, hasStrings: true), out BtfTypes? types, out ImmutableArray<Diagnostic> diagnostics))
        {
            foreach (Diagnostic diagnostic in diagnostics)
            {
                _findings.Add(diagnostic);
            }

            return null;
        }

        if (file.Find(".BTF.ext") is ElfSection more && !BtfExtension.TryRead(InLittleEndian(file, more, hasStrings: false), types, out extension, out Diagnostic? bad))
        {
            _findings.Add(bad);
        }

        return types;
    }

    private static ReadOnlyMemory<byte> InLittleEndian(ElfFile file, in ElfSection section, bool hasStrings) =>
        file.Order == ElfByteOrder.BigEndian ? BtfByteOrder.ToLittleEndian(file.BytesOf(section), hasStrings) : file.BytesOf(section);

    private void WarnOfAddresses(ElfFile file, MapReader maps)
    {
        foreach (ElfSection section in file.Sections)
        {
            if (section is { Type: ElfSection.Relocations, Size: > 0 } && section.Target <= int.MaxValue && maps.OfSection((int)section.Target) is int map)
            {
                _findings.Add(ElfDiagnostics.DataPointers, maps.Maps[map].Section, 0, $"Section '{maps.Maps[map].Section}' is initialised with addresses.");
            }
        }
    }

    private string ReadLicense(ElfFile file)
    {
        if (file.Find("license") is not ElfSection section || file.BytesOf(section).IsEmpty)
        {
            _findings.Add(ElfDiagnostics.NoLicense, null, null, "The object has no licence.");
            return "";
        }

        ReadOnlySpan<byte> text = file.BytesOf(section).Span;
        int end = text.IndexOf((byte)0);
        text = end < 0 ? text : text[..end];
        return Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestLicense)]);
    }

    private static uint ReadVersion(ElfFile file) =>
        file.Find("version") is ElfSection section && file.BytesOf(section).Length >= 4 ? file.U32(file.BytesOf(section).Span) : 0;

    private void LinkSection(
        in ElfSection section, FunctionTable functions, ProgramLinker linker, string license, ImmutableArray<ElfProgram>.Builder programs, Dictionary<ElfFunction, int> indices)
    {
        if (SectionKind.Find(section.Name) is not (ProgramType Type, AttachType Attach) kind)
        {
            string what = SectionKind.OtherKind(section.Name) is string other ? $"of the kind {other}" : "of no known kind";
            _findings.Add(ElfDiagnostics.OtherProgram, section.Name, 0, $"The programs of section '{section.Name}' are {what}; they are left out.");
            return;
        }

        foreach (ElfFunction function in functions.Of(section.Index))
        {
            if (function.IsStatic)
            {
                _findings.Add(ElfDiagnostics.StaticProgram, section.Name, (long)function.Start * InstructionCodec.SlotSize, $"Program '{function.Name}' is static.");
            }
            else if (linker.Link(function, kind.Type, kind.Attach, license) is ProgramSpec spec)
            {
                indices.Add(function, programs.Count);
                programs.Add(new ElfProgram(function.Name, section.Name, spec));
            }
        }
    }

    private ImmutableArray<MapSlot> ReadSlots(ElfFile file, FunctionTable functions, MapReader maps, Dictionary<ElfFunction, int> programs)
    {
        ImmutableArray<MapSlot>.Builder slots = ImmutableArray.CreateBuilder<MapSlot>();
        foreach (ElfSection section in file.Sections)
        {
            if (section.Type != ElfSection.Relocations || maps.DefinitionSectionIndex == 0 || section.Target != (uint)maps.DefinitionSectionIndex || _findings.HasErrors)
            {
                continue;
            }

            foreach (ElfRelocation relocation in file.RelocationsOf(section))
            {
                if (maps.SlotAt(relocation.Offset) is (int Map, uint Key) place && file.SymbolAt(relocation.Symbol) is ElfSymbol symbol
                    && TargetOf(maps.Maps[place.Map].Spec, symbol, functions, maps, programs) is int target)
                {
                    slots.Add(new MapSlot(place.Map, place.Key, target));
                }
                else
                {
                    _findings.Add(
                        ElfDiagnostics.BadMapContents, MapReader.DefinitionSection, relocation.Offset,
                        $"{(maps.SlotAt(relocation.Offset) is (int map, _) ? $"Map '{maps.Maps[map].Name}'" : "No map")} is initialised with {Describe(file, relocation)}.");
                }
            }
        }

        return slots.DrainToImmutable();
    }

    private static string Describe(ElfFile file, in ElfRelocation relocation) =>
        file.SymbolAt(relocation.Symbol) is ElfSymbol symbol ? $"'{file.NameOf(symbol)}'" : "nothing that is there";

    private static int? TargetOf(MapSpec map, in ElfSymbol symbol, FunctionTable functions, MapReader maps, Dictionary<ElfFunction, int> programs)
    {
        if (map.Type != MapType.ProgArray)
        {
            return symbol.Section == maps.DefinitionSectionIndex ? maps.DefinedAt(symbol.Value) : null;
        }

        return symbol.Value % InstructionCodec.SlotSize == 0 && symbol.Value <= int.MaxValue
            && functions.At(symbol.Section, (long)symbol.Value / InstructionCodec.SlotSize) is ElfFunction function && programs.TryGetValue(function, out int program)
                ? program
                : null;
    }
}
