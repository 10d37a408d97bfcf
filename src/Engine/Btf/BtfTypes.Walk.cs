using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Btf;

// What object files and relocations against a kernel need beyond names and members.
public sealed partial class BtfTypes
{
    /// <summary>Number of members, values, parameters or variables of a type (vlen).</summary>
    public int LengthOf(int id) => id == 0 ? 0 : (int)(Info(id) & 0xffff);

    /// <summary>The kind_flag: of a struct that it has bit-fields, of a forward declaration that it is of a union, of an enum that it is signed.</summary>
    public bool HasFlag(int id) => id != 0 && Info(id) >> 31 != 0;

    /// <summary>The type beneath typedefs and qualifiers, or null when they lead in a circle.</summary>
    public int? Strip(int id)
    {
        for (int depth = 0; depth <= MaxNesting; depth++)
        {
            if (KindOf(id) is not (BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag))
            {
                return id;
            }

            id = SizeOrTypeOf(id);
        }

        return null;
    }

    /// <summary>Size of a value of the type in bytes; null for what has no size, or one beyond 2 GiB.</summary>
    public int? SizeOf(int id)
    {
        long count = 1;
        for (int depth = 0; depth <= MaxNesting; depth++)
        {
            long size;
            switch (KindOf(id))
            {
                case BtfKind.Integer or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float or BtfKind.DataSection:
                    size = (uint)SizeOrTypeOf(id);
                    break;
                case BtfKind.Pointer:
                    size = 8;
                    break;
                case BtfKind.Array:
                    count *= ArrayLengthOf(id);
                    id = ElementOf(id);
                    if (count > int.MaxValue)
                    {
                        return null;
                    }

                    continue;
                case BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag or BtfKind.Variable:
                    id = SizeOrTypeOf(id);
                    continue;
                default:
                    return null;
            }

            return size * count > int.MaxValue ? null : (int)(size * count);
        }

        return null;
    }

    /// <summary>Element type of an array.</summary>
    internal int ElementOf(int id) => (int)Word(id, 0);

    /// <summary>Number of elements of an array.</summary>
    internal uint ArrayLengthOf(int id) => Word(id, 2);

    /// <summary>Name of member, value or parameter <paramref name="index"/>.</summary>
    internal ReadOnlySpan<byte> NameAt(int id, int index) => TextBytes(Word(id, index * WordsOf(KindOf(id))));

    /// <summary>Type of member, parameter or variable <paramref name="index"/>.</summary>
    internal int TypeAt(int id, int index) => KindOf(id) switch
    {
        BtfKind.DataSection => (int)Word(id, index * 3),
        BtfKind kind => (int)Word(id, (index * WordsOf(kind)) + 1),
    };

    /// <summary>Distance in bits of member <paramref name="index"/> of a struct or union.</summary>
    internal uint BitOffsetAt(int id, int index) => Word(id, (index * 3) + 2) is uint offset && HasFlag(id) ? offset & 0xffffff : offset;

    /// <summary>Size in bits of member <paramref name="index"/> when it is a bit-field, otherwise 0.</summary>
    internal uint BitSizeAt(int id, int index) => HasFlag(id) ? Word(id, (index * 3) + 2) >> 24 : 0;

    /// <summary>Value <paramref name="index"/> of an enum.</summary>
    internal ulong ValueAt(int id, int index) => KindOf(id) == BtfKind.Enum64
        ? Word(id, (index * 3) + 1) | ((ulong)Word(id, (index * 3) + 2) << 32)
        : HasFlag(id) ? (ulong)(int)Word(id, (index * 2) + 1) : Word(id, (index * 2) + 1);

    /// <summary>Place of variable <paramref name="index"/> in its section.</summary>
    internal (uint Offset, uint Size) PlaceAt(int id, int index) => (Word(id, (index * 3) + 1), Word(id, (index * 3) + 2));

    /// <summary>Linkage of a variable: 0 static, 1 global, 2 extern.</summary>
    internal uint LinkageOf(int id) => Word(id, 0);

    /// <summary>What an integer is: bit 0 signed, bit 1 char, bit 2 bool.</summary>
    internal uint EncodingOf(int id) => (Word(id, 0) >> 24) & 15;

    /// <summary>Bit offset of an integer, 0 in anything that a compiler of today writes.</summary>
    internal uint IntegerOffsetOf(int id) => (Word(id, 0) >> 16) & 0xff;

    /// <summary>Name of a type as bytes.</summary>
    internal ReadOnlySpan<byte> NameBytesOf(int id) => id == 0 ? default : TextBytes(U32(_types.Span, Offset(id)));

    /// <summary>A string of the blob, without its NUL; empty when there is none at that offset.</summary>
    internal ReadOnlySpan<byte> TextBytes(uint offset)
    {
        ReadOnlySpan<byte> strings = _strings.Span;
        if (offset >= (uint)strings.Length)
        {
            return default;
        }

        ReadOnlySpan<byte> rest = strings[(int)offset..];
        int end = rest.IndexOf((byte)0);
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>A string of the blob.</summary>
    internal string TextAt(uint offset) => Text(offset);

    /// <summary>Where a type lies, in bytes from the beginning of the type section.</summary>
    internal int PlaceOf(int id) => Offset(id);

    /// <summary>Word <paramref name="index"/> after the three that every type begins with.</summary>
    private uint Word(int id, int index) => U32(_types.Span, Offset(id) + TypeLength + (index * 4));

    private static int WordsOf(BtfKind kind) => kind is BtfKind.Enum or BtfKind.FunctionPrototype ? 2 : 3;

    private Diagnostic? CheckReferences()
    {
        ReadOnlySpan<byte> strings = _strings.Span;
        if (strings.IsEmpty || strings[0] != 0 || strings[^1] != 0)
        {
            return Truncated("The string section does not begin and end with NUL.", 0);
        }

        for (int id = 1; id < Count; id++)
        {
            BtfKind kind = KindOf(id);
            bool holds = U32(_types.Span, Offset(id)) < (uint)strings.Length;
            switch (kind)
            {
                case BtfKind.Pointer or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag
                    or BtfKind.Function or BtfKind.FunctionPrototype or BtfKind.Variable or BtfKind.DeclarationTag:
                    holds &= (uint)SizeOrTypeOf(id) < (uint)Count;
                    break;
                case BtfKind.Array:
                    holds &= Word(id, 0) < (uint)Count && Word(id, 1) < (uint)Count;
                    break;
            }

            if (kind is BtfKind.Struct or BtfKind.Union or BtfKind.FunctionPrototype or BtfKind.DataSection)
            {
                for (int i = 0; i < LengthOf(id); i++)
                {
                    holds &= (uint)TypeAt(id, i) < (uint)Count;
                    holds &= kind == BtfKind.DataSection || Word(id, i * WordsOf(kind)) < (uint)strings.Length;
                }
            }

            if (!holds)
            {
                return BtfDiagnostics.BrokenReference.At(
                    new SourceLocation(Section: ".BTF", Offset: Offset(id)),
                    string.Create(CultureInfo.InvariantCulture, $"Type {id} ({kind}) refers to a type or a name that is not there."));
            }
        }

        return null;
    }
}
