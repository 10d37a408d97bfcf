using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Btf;

/// <summary>The little-endian <c>.BTF.ext</c> of an object: which instructions are which function, line and relocation against a kernel.</summary>
internal sealed class BtfExtension
{
    private const ushort Magic = 0xeb9f;
    private const int ShortHeader = 24;
    private const int LongHeader = 32; // with relocations against a kernel

    private readonly Dictionary<string, BtfRecords> _functions = [];
    private readonly Dictionary<string, BtfRecords> _lines = [];
    private readonly Dictionary<string, BtfRecords> _relocations = [];

    private BtfExtension()
    {
    }

    /// <summary>Whether there is a relocation against a kernel.</summary>
    internal bool HasRelocations => _relocations.Count > 0;

    internal static bool TryRead(
        ReadOnlyMemory<byte> bytes, BtfTypes types, [NotNullWhen(true)] out BtfExtension? extension, [NotNullWhen(false)] out Diagnostic? diagnostic)
    {
        extension = null;
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < ShortHeader || BinaryPrimitives.ReadUInt16LittleEndian(span) != Magic || span[2] != 1)
        {
            diagnostic = Bad("The section does not begin like .BTF.ext of version 1.", 0);
            return false;
        }

        uint header = U32(span, 4);
        BtfExtension read = new();
        diagnostic = header < ShortHeader || header > (uint)span.Length ? Bad($"The header is said to have {header} bytes.", 4)
            : ReadTable(bytes, header, 8, 8, types, read._functions)
            ?? ReadTable(bytes, header, 16, 16, types, read._lines)
            ?? (header >= LongHeader ? ReadTable(bytes, header, 24, 16, types, read._relocations) : null);
        extension = diagnostic is null ? read : null;
        return diagnostic is null;
    }

    /// <summary>Offset, type id.</summary>
    internal BtfRecords FunctionsOf(string section) => _functions.GetValueOrDefault(section);

    /// <summary>Offset, file name, text, line and column.</summary>
    internal BtfRecords LinesOf(string section) => _lines.GetValueOrDefault(section);

    /// <summary>Offset, type id, access string, kind.</summary>
    internal BtfRecords RelocationsOf(string section) => _relocations.GetValueOrDefault(section);

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static Diagnostic Bad(string message, long offset) =>
        BtfDiagnostics.BadExtension.At(new SourceLocation(Section: ".BTF.ext", Offset: offset), message);

    private static Diagnostic? ReadTable(ReadOnlyMemory<byte> bytes, uint header, int field, int leastRecord, BtfTypes types, Dictionary<string, BtfRecords> table)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        ulong start = (ulong)header + U32(span, field);
        ulong end = start + U32(span, field + 4);
        if (end == start)
        {
            return null;
        }

        if (end > (ulong)span.Length || end - start < 4)
        {
            return Bad("A table reaches beyond the section.", field);
        }

        int at = (int)start;
        int recordSize = (int)U32(span, at);
        if (recordSize < leastRecord || recordSize % 4 != 0)
        {
            return Bad($"Records have {recordSize} bytes, where {leastRecord} are wanted.", at);
        }

        for (at += 4; at < (int)end;)
        {
            if ((int)end - at < 8)
            {
                return Bad("The head of a section's records is cut off.", at);
            }

            string name = types.TextAt(U32(span, at));
            ulong length = (ulong)U32(span, at + 4) * (uint)recordSize;
            at += 8;
            if (length == 0 || length > (ulong)((int)end - at))
            {
                return Bad($"The records about section '{name}' are cut off.", at);
            }

            BtfRecords records = new(bytes.Slice(at, (int)length), recordSize);
            for (int i = 1; i < records.Count; i++)
            {
                if (records.Word(i, 0) < records.Word(i - 1, 0))
                {
                    return Bad($"The records about section '{name}' are not in the order of the code.", at + (i * recordSize));
                }
            }

            if (!table.TryAdd(name, records))
            {
                return Bad($"There are records about section '{name}' twice.", at);
            }

            at += (int)length;
        }

        return null;
    }
}
