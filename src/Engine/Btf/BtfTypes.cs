using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Btf;

/// <summary>
/// The types of a little-endian BTF blob: of the kernel (<c>/sys/kernel/btf/vmlinux</c>) or of an object file (<c>.BTF</c>).
/// Type ids count from 1; 0 is void. Types are read where they lie, so that opening the 5 MB of a kernel costs one walk. A blob that
/// was read refers to no type and no string that is not there; types may still lead to themselves, so every walk here has an end.
/// </summary>
public sealed partial class BtfTypes
{
    private const ushort Magic = 0xeb9f;
    private const int HeaderLength = 24;
    private const int TypeLength = 12;
    private const int MemberLength = 12;
    private const int MaxNesting = 32;
    private const int LongestName = 512;

    private readonly ReadOnlyMemory<byte> _types;
    private readonly ReadOnlyMemory<byte> _strings;
    private readonly int[] _offsets;

    private BtfTypes(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> types, ReadOnlyMemory<byte> strings, int[] offsets)
    {
        Bytes = bytes;
        _types = types;
        _strings = strings;
        _offsets = offsets;
    }

    /// <summary>The blob.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Number of types, void included: ids are below it.</summary>
    public int Count => _offsets.Length;

    /// <summary>Reads a blob.</summary>
    /// <param name="bytes">The blob; kept and not copied.</param>
    /// <param name="types">Its types, or null.</param>
    /// <param name="diagnostics">What is wrong: see <see cref="BtfDiagnostics"/>, RPS2101 to RPS2104.</param>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out BtfTypes? types, out ImmutableArray<Diagnostic> diagnostics)
    {
        types = null;
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < HeaderLength || BinaryPrimitives.ReadUInt16LittleEndian(span) != Magic || span[2] != 1)
        {
            diagnostics = [BtfDiagnostics.NotBtf.At(new SourceLocation(Section: ".BTF", Offset: 0), "This is not little-endian BTF of version 1.")];
            return false;
        }

        uint header = U32(span, 4);
        if (!TrySlice(bytes, header, U32(span, 8), U32(span, 12), out ReadOnlyMemory<byte> typeSection)
            || !TrySlice(bytes, header, U32(span, 16), U32(span, 20), out ReadOnlyMemory<byte> strings))
        {
            diagnostics = [Truncated("The type or string section reaches beyond the end.", 8)];
            return false;
        }

        List<int> offsets = [0]; // void has no bytes
        ReadOnlySpan<byte> section = typeSection.Span;
        for (int offset = 0; offset < section.Length;)
        {
            if (section.Length - offset < TypeLength)
            {
                diagnostics = [Truncated($"Type {offsets.Count} is cut off.", offset)];
                return false;
            }

            uint info = U32(section, offset + 4);
            int? extra = ExtraLength((BtfKind)((info >> 24) & 31), (int)(info & 0xffff));
            if (extra is null)
            {
                string message = string.Create(CultureInfo.InvariantCulture, $"Type {offsets.Count} is of the unknown kind {(info >> 24) & 31}.");
                diagnostics = [BtfDiagnostics.UnknownKind.At(new SourceLocation(Section: ".BTF", Offset: offset), message)];
                return false;
            }

            if (section.Length - offset - TypeLength < extra)
            {
                diagnostics = [Truncated($"Type {offsets.Count} is cut off.", offset)];
                return false;
            }

            offsets.Add(offset);
            offset += TypeLength + extra.Value;
        }

        BtfTypes read = new(bytes, typeSection, strings, [.. offsets]);
        diagnostics = read.CheckReferences() is Diagnostic broken ? [broken] : [];
        types = diagnostics.IsEmpty ? read : null;
        return types is not null;
    }

    /// <summary>Kind of a type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no type of that id.</exception>
    public BtfKind KindOf(int id) => id == 0 ? BtfKind.Void : (BtfKind)((Info(id) >> 24) & 31);

    /// <summary>Name of a type, at most the 512 bytes that the kernel takes; empty when it has none.</summary>
    public string NameOf(int id)
    {
        ReadOnlySpan<byte> name = NameBytesOf(id);
        return id == 0 ? "void" : Encoding.UTF8.GetString(name[..Math.Min(name.Length, LongestName)]);
    }

    /// <summary>For a pointer, typedef, qualifier, function or variable the type it leads to; for others the size in bytes.</summary>
    public int SizeOrTypeOf(int id) => id == 0 ? 0 : (int)U32(_types.Span, Offset(id) + 8);

    /// <summary>Id of the first type of a kind and name, or null.</summary>
    public int? Find(BtfKind kind, string name)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(name + '\0');
        ReadOnlySpan<byte> types = _types.Span;
        ReadOnlySpan<byte> strings = _strings.Span;
        for (int id = 1; id < _offsets.Length; id++)
        {
            if ((BtfKind)((U32(types, _offsets[id] + 4) >> 24) & 31) == kind && U32(types, _offsets[id]) is uint at
                && at < (uint)strings.Length && strings[(int)at..].StartsWith(wanted))
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>Members of a struct or union, in order; anonymous ones have an empty name. Empty for other kinds.</summary>
    public ImmutableArray<BtfField> MembersOf(int id)
    {
        if (KindOf(id) is not (BtfKind.Struct or BtfKind.Union))
        {
            return [];
        }

        uint info = Info(id);
        bool hasBitFields = info >> 31 != 0; // kind_flag: the offset's high byte is a bit-field's size
        ImmutableArray<BtfField>.Builder members = ImmutableArray.CreateBuilder<BtfField>((int)(info & 0xffff));
        ReadOnlySpan<byte> types = _types.Span;
        for (int i = 0; i < members.Capacity; i++)
        {
            int at = Offset(id) + TypeLength + (i * MemberLength);
            uint offset = U32(types, at + 8);
            members.Add(new BtfField(
                Text(U32(types, at)), (int)U32(types, at + 4), (int)(hasBitFields ? offset & 0xffffff : offset), (int)(hasBitFields ? offset >> 24 : 0)));
        }

        return members.MoveToImmutable();
    }

    /// <summary>Variables of a data section; empty for other kinds.</summary>
    public ImmutableArray<BtfVariable> VariablesOf(int id) => KindOf(id) != BtfKind.DataSection
        ? []
        : [.. Enumerable.Range(0, LengthOf(id)).Select(index => new BtfVariable(
            NameOf(TypeAt(id, index)), (int)PlaceAt(id, index).Offset, (int)PlaceAt(id, index).Size))];

    /// <summary>A member of a struct or union by name, also inside anonymous structs and unions; null when there is none.</summary>
    public BtfField? FindField(int id, string name) => FindField(id, name, 0, 0);

    private static int? ExtraLength(BtfKind kind, int count) => kind switch
    {
        BtfKind.Pointer or BtfKind.Forward or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Function
            or BtfKind.Float or BtfKind.TypeTag => 0,
        BtfKind.Integer or BtfKind.Variable or BtfKind.DeclarationTag => 4,
        BtfKind.Array => 12,
        BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => count * 12,
        BtfKind.Enum or BtfKind.FunctionPrototype => count * 8,
        _ => null,
    };

    private static bool TrySlice(ReadOnlyMemory<byte> bytes, uint header, uint offset, uint length, out ReadOnlyMemory<byte> slice)
    {
        ulong start = (ulong)header + offset;
        bool fits = start + length <= (ulong)bytes.Length;
        slice = fits ? bytes.Slice((int)start, (int)length) : default;
        return fits;
    }

    private static Diagnostic Truncated(string message, int offset) =>
        BtfDiagnostics.Truncated.At(new SourceLocation(Section: ".BTF", Offset: offset), message);

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private BtfField? FindField(int id, string name, int bitOffset, int depth)
    {
        if (depth > MaxNesting)
        {
            return null;
        }

        foreach (BtfField member in MembersOf(id))
        {
            if (member.Name == name)
            {
                return member with { BitOffset = bitOffset + member.BitOffset };
            }

            if (member.Name.Length == 0 && member.TypeId > 0 && member.TypeId < Count
                && FindField(member.TypeId, name, bitOffset + member.BitOffset, depth + 1) is BtfField inner)
            {
                return inner;
            }
        }

        return null;
    }

    private uint Info(int id) => U32(_types.Span, Offset(id) + 4);

    private int Offset(int id)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(id, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, _offsets.Length);
        return _offsets[id];
    }

    private string Text(uint offset) => Encoding.UTF8.GetString(TextBytes(offset));
}
