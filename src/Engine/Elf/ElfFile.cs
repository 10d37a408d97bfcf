using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ReuseportPS.Engine.Elf;

/// <summary>The structure of a 64-bit relocatable BPF object: sections, symbols, relocations. Every access is inside of the file.</summary>
internal sealed class ElfFile
{
    private const int HeaderLength = 64;
    private const int SectionHeaderLength = 64;
    private const int SymbolLength = 24;
    private const int RelocationLength = 16;
    private const int LongestName = 256;
    private const int Relocatable = 1;
    private const int Bpf = 247;
    private const uint ManySections = 0xffff;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ImmutableArray<ElfSection> _sections;
    private readonly ElfSection _symbols;
    private readonly ElfSection _strings;
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

    private ElfFile(ReadOnlyMemory<byte> bytes, ElfByteOrder order, ImmutableArray<ElfSection> sections, ElfSection symbols, ElfSection strings)
    {
        _bytes = bytes;
        _sections = sections;
        _symbols = symbols;
        _strings = strings;
        Order = order;
        foreach (ref readonly ElfSection section in sections.AsSpan())
        {
            _byName.TryAdd(section.Name, section.Index);
        }
    }

    internal ElfByteOrder Order { get; }

    internal int Length => _bytes.Length;

    internal ImmutableArray<ElfSection> Sections => _sections;

    internal int SymbolCount => (int)(_symbols.Size / SymbolLength);

    internal static ElfFile? Read(ReadOnlyMemory<byte> bytes, FindingList findings)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < HeaderLength || !span.StartsWith("\u007fELF"u8))
        {
            findings.Add(ElfDiagnostics.NotElf, null, 0, span.StartsWith("\u007fELF"u8) ? $"The file ends after {span.Length} of the 64 bytes of its header." : "The file does not begin with the mark of ELF.");
            return null;
        }

        ElfByteOrder order = (ElfByteOrder)span[5];
        if (span[4] != 2 || order is not (ElfByteOrder.LittleEndian or ElfByteOrder.BigEndian) || span[6] != 1)
        {
            findings.Add(ElfDiagnostics.NotBpf, null, 4, $"Class {span[4]}, byte order {span[5]}, version {span[6]}: this is not 64-bit ELF.");
            return null;
        }

        int type = U16(span[16..], order);
        int machine = U16(span[18..], order);
        if (type != Relocatable || machine is not (Bpf or 0))
        {
            findings.Add(ElfDiagnostics.NotBpf, null, 16, $"File type {type} for machine {machine}: a relocatable object (1) for BPF (247) is wanted.");
            return null;
        }

        if (ReadSections(bytes, order, findings) is not ImmutableArray<ElfSection> sections)
        {
            return null;
        }

        ElfSection[] tables = [.. sections.Where(static section => section.Type == ElfSection.SymbolTable)];
        if (tables.Length != 1)
        {
            findings.Add(ElfDiagnostics.NoSymbols, null, null, tables.Length == 0 ? "The file has no symbol table." : $"The file has {tables.Length} symbol tables, where one is wanted.");
            return null;
        }

        if (tables[0].Link >= (uint)sections.Length || tables[0].Size % SymbolLength != 0)
        {
            findings.Add(ElfDiagnostics.Truncated, tables[0].Name, 0, "The symbol table has no names, or is not a whole number of symbols.");
            return null;
        }

        return new ElfFile(bytes, order, sections, tables[0], sections[(int)tables[0].Link]);
    }

    /// <summary>Bytes of a section; none for NOBITS.</summary>
    internal ReadOnlyMemory<byte> BytesOf(in ElfSection section) =>
        section.Type == ElfSection.NoBits ? default : _bytes.Slice(section.Offset, (int)section.Size);

    /// <summary>The first section of a name.</summary>
    internal ElfSection? Find(string name) => _byName.TryGetValue(name, out int index) ? _sections[index] : null;

    /// <summary>A symbol by number, or null when there is none.</summary>
    internal ElfSymbol? SymbolAt(int index)
    {
        if ((uint)index >= (uint)SymbolCount)
        {
            return null;
        }

        ReadOnlySpan<byte> symbol = _bytes.Span.Slice(_symbols.Offset + (index * SymbolLength), SymbolLength);
        return new ElfSymbol(
            U32(symbol), symbol[4], (byte)(symbol[5] & 3), U16(symbol[6..], Order), U64(symbol[8..]), U64(symbol[16..]));
    }

    /// <summary>Name of a symbol; of a section's symbol the section's. Null when it lies outside of the names.</summary>
    internal string? NameOf(in ElfSymbol symbol) =>
        symbol is { IsSection: true, NameOffset: 0 } && symbol.Section < _sections.Length
            ? _sections[symbol.Section].Name
            : NameIn(BytesOf(_strings).Span, symbol.NameOffset);

    /// <summary>Relocations of a section of relocations, in its order.</summary>
    internal IEnumerable<ElfRelocation> RelocationsOf(ElfSection section)
    {
        for (int at = 0; at + RelocationLength <= section.Size; at += RelocationLength)
        {
            ReadOnlySpan<byte> relocation = _bytes.Span.Slice(section.Offset + at, RelocationLength);
            ulong offset = U64(relocation);
            ulong info = U64(relocation[8..]);
            yield return new ElfRelocation(offset > long.MaxValue ? long.MaxValue : (long)offset, (int)Math.Min(info >> 32, int.MaxValue), (uint)info);
        }
    }

    internal uint U32(ReadOnlySpan<byte> bytes) => U32(bytes, Order);

    internal ushort U16(ReadOnlySpan<byte> bytes) => U16(bytes, Order);

    private ulong U64(ReadOnlySpan<byte> bytes) => U64(bytes, Order);

    private static ImmutableArray<ElfSection>? ReadSections(ReadOnlyMemory<byte> bytes, ElfByteOrder order, FindingList findings)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        ulong start = U64(span[40..], order);
        ulong count = U16(span[60..], order);
        uint names = U16(span[62..], order);
        if (U16(span[58..], order) != SectionHeaderLength || start > (ulong)span.Length || (ulong)span.Length - start < SectionHeaderLength)
        {
            findings.Add(ElfDiagnostics.Truncated, null, 40, "The section headers lie outside of the file.");
            return null;
        }

        ReadOnlySpan<byte> headers = span[(int)start..];
        count = count == 0 ? U64(headers[32..], order) : count; // more than 65279 sections: the first header says how many
        names = names == ManySections ? U32(headers[40..], order) : names;
        if (count > (ulong)(headers.Length / SectionHeaderLength) || names >= count)
        {
            findings.Add(ElfDiagnostics.Truncated, null, 60, $"The file has not the {count} section headers, or the section {names} with their names, that it tells of.");
            return null;
        }

        ReadOnlySpan<byte> nameHeader = headers[((int)names * SectionHeaderLength)..];
        ReadOnlySpan<byte> nameBytes = Slice(span, U64(nameHeader[24..], order), U64(nameHeader[32..], order), out bool fits);
        ImmutableArray<ElfSection>.Builder sections = ImmutableArray.CreateBuilder<ElfSection>((int)count);
        long total = 0;
        for (int i = 0; i < (int)count; i++)
        {
            ReadOnlySpan<byte> header = headers.Slice(i * SectionHeaderLength, SectionHeaderLength);
            uint type = U32(header[4..], order);
            ulong offset = U64(header[24..], order);
            ulong size = U64(header[32..], order);
            string? name = i == 0 ? "" : NameIn(nameBytes, U32(header, order));
            if (type is 0 or ElfSection.NoBits)
            {
                offset = 0;
                size = type == 0 ? 0 : size;
            }
            else
            {
                Slice(span, offset, size, out bool inside);
                fits &= inside;
                total += inside ? (long)size : 0;
            }

            if (!fits || name is null || size > int.MaxValue)
            {
                findings.Add(ElfDiagnostics.Truncated, name, (long)start + (i * SectionHeaderLength), string.Create(CultureInfo.InvariantCulture, $"Section {i} lies outside of the file, or its name does."));
                return null;
            }

            sections.Add(new ElfSection(i, name, type, U64(header[8..], order), (int)offset, (long)size, U32(header[40..], order), U32(header[44..], order)));
        }

        if (total > span.Length)
        {
            findings.Add(ElfDiagnostics.Overlapping, null, (long)start, $"The sections have {total} bytes, the file {span.Length}.");
            return null;
        }

        return sections.MoveToImmutable();
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> bytes, ulong offset, ulong size, out bool fits)
    {
        fits = offset <= (ulong)bytes.Length && size <= (ulong)bytes.Length - offset;
        return fits ? bytes.Slice((int)offset, (int)size) : default;
    }

    private static string? NameIn(ReadOnlySpan<byte> names, uint offset)
    {
        if (offset >= (uint)names.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = names[(int)offset..];
        int end = rest[..Math.Min(rest.Length, LongestName)].IndexOf((byte)0);
        return end < 0 ? null : Encoding.UTF8.GetString(rest[..end]);
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, ElfByteOrder order) =>
        order == ElfByteOrder.BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes, ElfByteOrder order) =>
        order == ElfByteOrder.BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ulong U64(ReadOnlySpan<byte> bytes, ElfByteOrder order) =>
        order == ElfByteOrder.BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
