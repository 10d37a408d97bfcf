using System.Buffers.Binary;
using ReuseportPS.Engine.Btf;

namespace ReuseportPS.Engine.Elf;

/// <summary>
/// Makes the types of an object into what BPF_BTF_LOAD takes. A compiler leaves the sizes of sections and the places of variables to a linker, there is
/// none for BPF, and the kernel takes no functions and variables of its own among those of a program.
/// </summary>
internal sealed class ObjectTypes
{
    private const string KernelSymbols = ".ksyms";
    private const string KernelConfiguration = ".kconfig";
    private const int HeaderOfType = 12;
    private const int EntrySize = 12;

    private readonly BtfTypes _types;
    private readonly ElfFile _file;
    private readonly byte[] _blob;
    private readonly int _start;
    private readonly Dictionary<string, ElfSymbol> _variables = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hiddenFunctions = new(StringComparer.Ordinal);
    private int? _integer;

    private ObjectTypes(BtfTypes types, ElfFile file)
    {
        _types = types;
        _file = file;
        _blob = types.Bytes.ToArray();
        _start = (int)(BinaryPrimitives.ReadUInt32LittleEndian(_blob.AsSpan(4)) + BinaryPrimitives.ReadUInt32LittleEndian(_blob.AsSpan(8)));
    }

    /// <summary>The types for the kernel; the ids are the same.</summary>
    internal static BtfTypes Prepare(BtfTypes types, ElfFile file)
    {
        ObjectTypes work = new(types, file);
        work.CollectSymbols();
        for (int id = 1; id < types.Count; id++)
        {
            switch (types.KindOf(id))
            {
                case BtfKind.DataSection:
                    work.FixSection(id);
                    break;
                case BtfKind.Function when types.LengthOf(id) == 1 && work._hiddenFunctions.Count > 0 && work._hiddenFunctions.Contains(types.NameOf(id)):
                    work.SetLength(id, 0);
                    break;
                case BtfKind.Function when types.LengthOf(id) == 2:
                    work.FixKernelFunction(id);
                    break;
            }
        }

        return BtfTypes.TryRead(work._blob, out BtfTypes? prepared, out _) ? prepared : types;
    }

    private void CollectSymbols()
    {
        for (int i = 0; i < _file.SymbolCount; i++)
        {
            if (_file.SymbolAt(i) is not ElfSymbol symbol || symbol.IsLocal || symbol.IsReserved)
            {
                continue;
            }

            if (!symbol.IsFunction && _file.NameOf(symbol) is string variable)
            {
                _variables.TryAdd(variable, symbol);
            }
            else if (symbol is { IsFunction: true, IsHidden: true } && _file.NameOf(symbol) is string function)
            {
                _hiddenFunctions.Add(function);
            }
        }
    }

    private Span<byte> Word(int id, int index) => _blob.AsSpan(_start + _types.PlaceOf(id) + HeaderOfType + (index * 4), 4);

    private Span<byte> Header(int id, int index) => _blob.AsSpan(_start + _types.PlaceOf(id) + (index * 4), 4);

    // vlen, which for a function is its linkage.
    private void SetLength(int id, ushort length) => BinaryPrimitives.WriteUInt16LittleEndian(Header(id, 1), length);

    private void FixSection(int id)
    {
        string name = _types.NameOf(id);
        if (name is KernelSymbols or KernelConfiguration)
        {
            FixKernelSection(id);
            return;
        }

        bool isOpen = _types.SizeOrTypeOf(id) == 0;
        long least = 1;
        for (int i = 0; i < _types.LengthOf(id); i++)
        {
            int variable = _types.TypeAt(id, i);
            (uint offset, uint size) = _types.PlaceAt(id, i);
            if (_types.KindOf(variable) == BtfKind.Variable && _types.LinkageOf(variable) == 1 && _variables.TryGetValue(_types.NameOf(variable), out ElfSymbol symbol))
            {
                if (isOpen)
                {
                    offset = (uint)symbol.Value;
                    BinaryPrimitives.WriteUInt32LittleEndian(Word(id, (i * 3) + 1), offset);
                }

                if (symbol.IsHidden)
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(Word(variable, 0), 0);
                }
            }

            least = Math.Max(least, (long)offset + size);
        }

        if (isOpen)
        {
            long whole = _file.Find(name) is ElfSection { Size: > 0 } section ? section.Size : least;
            BinaryPrimitives.WriteUInt32LittleEndian(Header(id, 2), (uint)whole);
        }

        Sort(id);
    }

    private void Sort(int id)
    {
        int count = _types.LengthOf(id);
        Span<byte> entries = _blob.AsSpan(_start + _types.PlaceOf(id) + HeaderOfType, count * EntrySize);
        bool isSorted = true;
        for (int i = 1; i < count && isSorted; i++)
        {
            isSorted = OffsetOf(entries, i - 1) <= OffsetOf(entries, i);
        }

        if (isSorted)
        {
            return;
        }

        (uint Offset, int Index)[] order = new (uint, int)[count];
        for (int i = 0; i < count; i++)
        {
            order[i] = (OffsetOf(entries, i), i);
        }

        Array.Sort(order);
        byte[] copy = entries.ToArray();
        for (int i = 0; i < count; i++)
        {
            copy.AsSpan(order[i].Index * EntrySize, EntrySize).CopyTo(entries[(i * EntrySize)..]);
        }
    }

    private static uint OffsetOf(ReadOnlySpan<byte> entries, int index) => BinaryPrimitives.ReadUInt32LittleEndian(entries[((index * EntrySize) + 4)..]);

    // The kernel takes no section of functions. A struct of as many integers has the same length and tells nobody anything.
    private void FixKernelSection(int id)
    {
        int integer = _integer ??= FindInteger();
        int count = _types.LengthOf(id);
        if (integer == 0)
        {
            return;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(Header(id, 0), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(Header(id, 1), ((uint)BtfKind.Struct << 24) | (uint)count);
        BinaryPrimitives.WriteUInt32LittleEndian(Header(id, 2), (uint)count * 4);
        for (int i = 0; i < count; i++)
        {
            int variable = _types.TypeAt(id, i);
            BinaryPrimitives.WriteUInt32LittleEndian(Word(id, i * 3), 0);
            BinaryPrimitives.WriteInt32LittleEndian(Word(id, (i * 3) + 1), integer);
            BinaryPrimitives.WriteUInt32LittleEndian(Word(id, (i * 3) + 2), (uint)i * 32);
            if (_types.KindOf(variable) == BtfKind.Variable)
            {
                BinaryPrimitives.WriteInt32LittleEndian(Header(variable, 2), integer);
                BinaryPrimitives.WriteUInt32LittleEndian(Word(variable, 0), 1);
            }
        }
    }

    private int FindInteger()
    {
        for (int id = 1; id < _types.Count; id++)
        {
            if (_types.KindOf(id) == BtfKind.Integer && _types.SizeOrTypeOf(id) == 4)
            {
                return id;
            }
        }

        return 0;
    }

    // A function that is only declared: a global one to the kernel, whose parameters need names.
    private void FixKernelFunction(int id)
    {
        SetLength(id, 1);
        int prototype = _types.SizeOrTypeOf(id);
        for (int i = 0; _types.KindOf(prototype) == BtfKind.FunctionPrototype && i < _types.LengthOf(prototype); i++)
        {
            if (_types.NameAt(prototype, i).IsEmpty && _types.TypeAt(prototype, i) != 0)
            {
                Header(id, 0).CopyTo(Word(prototype, i * 2));
            }
        }
    }
}
