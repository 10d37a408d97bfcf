using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Elf;

/// <summary>The maps of an object: those that types define in <c>.maps</c>, and one for each section of variables.</summary>
/// <param name="file">The object.</param>
/// <param name="name">Name of the file.</param>
/// <param name="types">Its types, as the kernel is given them; null when it has none.</param>
/// <param name="findings">What is wrong.</param>
internal sealed class MapReader(ElfFile file, string name, BtfTypes? types, FindingList findings)
{
    internal const string DefinitionSection = ".maps";
    private const int MostAttributes = 32;
    private const long LargestValue = (1 << 30) - 1;
    private const int PageSize = 4096;
    private const int DeepestLock = 2;
    private const int MostMembers = 10_000;

    private readonly List<ElfMap> _maps = [];
    private readonly List<MapPlace> _places = [];
    private readonly Dictionary<int, int> _dataMaps = [];
    private readonly Dictionary<ulong, int> _definitions = [];
    private Dictionary<string, int>? _dataSections;

    /// <summary>The maps: definitions in their order, then variables in the order of sections.</summary>
    internal List<ElfMap> Maps => _maps;

    /// <summary>Number of the section of definitions; 0 when there is none.</summary>
    internal int DefinitionSectionIndex { get; private set; }

    /// <summary>Reads all maps.</summary>
    internal void Read()
    {
        if (file.Find(DefinitionSection) is ElfSection definitions)
        {
            DefinitionSectionIndex = definitions.Index;
            ReadDefinitions(definitions);
        }

        foreach (ElfSection section in file.Sections)
        {
            if (section.Size > 0 && FlagsOf(section) is MapFlags flags)
            {
                AddVariables(section, flags);
            }
        }
    }

    /// <summary>The map that is defined at an offset of <c>.maps</c>.</summary>
    internal int? DefinedAt(ulong offset) => _definitions.TryGetValue(offset, out int map) ? map : null;

    /// <summary>The map of a section of variables.</summary>
    internal int? OfSection(int section) => _dataMaps.TryGetValue(section, out int map) ? map : null;

    /// <summary>The map whose initial values an offset of <c>.maps</c> belongs to, and the number of the value.</summary>
    internal (int Map, uint Key)? SlotAt(long offset)
    {
        int at = _places.BinarySearch(new MapPlace(offset, 0, 0, 0), Comparer<MapPlace>.Create(static (one, other) => one.Offset.CompareTo(other.Offset)));
        at = at < 0 ? ~at - 1 : at;
        if (at < 0)
        {
            return null;
        }

        MapPlace place = _places[at];
        long values = offset - place.Offset - place.Values;
        return place.Values > 0 && values >= 0 && values % 8 == 0 && offset + 8 <= place.Offset + place.Size ? (place.Map, (uint)(values / 8)) : null;
    }

    // libbpf 1.0 has every section of variables mapped into user space, later ones only those with a variable that is not static.
    private static MapFlags? FlagsOf(in ElfSection section)
    {
        bool hasBytes = section is { Type: ElfSection.ProgramBits, IsCode: false };
        return hasBytes && IsOf(section.Name, ".rodata") ? MapFlags.ReadOnlyProgram | MapFlags.Mmapable
            : (hasBytes && IsOf(section.Name, ".data")) || (section.Type == ElfSection.NoBits && IsOf(section.Name, ".bss")) ? MapFlags.Mmapable
            : null;
    }

    private static bool IsOf(string section, string kind) =>
        section.StartsWith(kind, StringComparison.Ordinal) && (section.Length == kind.Length || section[kind.Length] == '.');

    private static bool IsMapOfMaps(MapType type) => type is MapType.ArrayOfMaps or MapType.HashOfMaps;

    // The kernel wants a power of two of pages; libbpf rounds up.
    private static int RingSize(int size)
    {
        long pages = PageSize;
        while (pages < (uint)size && pages <= int.MaxValue)
        {
            pages *= 2;
        }

        return size <= 0 || pages > int.MaxValue ? size : (int)pages;
    }

    // Kinds whose keys and values the kernel wants no types of.
    private static bool TakesTypes(MapType type) => type is not (
        MapType.PerfEventArray or MapType.CgroupArray or MapType.StackTrace or MapType.ArrayOfMaps or MapType.HashOfMaps or MapType.DevMap or MapType.DevMapHash
        or MapType.CpuMap or MapType.XskMap or MapType.SockMap or MapType.SockHash or MapType.Queue or MapType.Stack or MapType.Arena);

    // Where a value has its struct bpf_spin_lock, in bytes.
    private static int? SpinLockIn(BtfTypes types, int typeId)
    {
        int steps = MostMembers;
        return SpinLockIn(types, typeId, 0, ref steps);
    }

    private static int? SpinLockIn(BtfTypes types, int typeId, int depth, ref int steps)
    {
        if (types.Strip(typeId) is not int id || types.KindOf(id) is not (BtfKind.Struct or BtfKind.DataSection) || depth > DeepestLock)
        {
            return null;
        }

        if (types.NameBytesOf(id).SequenceEqual("bpf_spin_lock"u8))
        {
            return 0;
        }

        for (int i = 0; i < types.LengthOf(id) && --steps > 0; i++)
        {
            bool isSection = types.KindOf(id) == BtfKind.DataSection;
            int member = types.TypeAt(id, i);
            if (isSection && types.KindOf(member) != BtfKind.Variable)
            {
                continue;
            }

            if (SpinLockIn(types, isSection ? types.SizeOrTypeOf(member) : member, depth + 1, ref steps) is int inner)
            {
                return inner + (isSection ? (int)types.PlaceAt(id, i).Offset : (int)(types.BitOffsetAt(id, i) / 8));
            }
        }

        return null;
    }

    private static Dictionary<string, int> DataSections(BtfTypes types)
    {
        Dictionary<string, int> found = new(StringComparer.Ordinal);
        for (int id = 1; id < types.Count; id++)
        {
            if (types.KindOf(id) == BtfKind.DataSection)
            {
                found.TryAdd(types.NameOf(id), id);
            }
        }

        return found;
    }

    private void ReadDefinitions(in ElfSection section)
    {
        if (types is null)
        {
            return; // told already
        }

        if (types.Find(BtfKind.DataSection, DefinitionSection) is not int data)
        {
            findings.Add(ElfDiagnostics.BadMap, section.Name, 0, "The types do not tell of the section.");
            return;
        }

        for (int i = 0; i < types.LengthOf(data); i++)
        {
            (uint offset, uint size) = types.PlaceAt(data, i);
            int variable = types.TypeAt(data, i);
            string mapName = types.NameOf(variable);
            if (types.KindOf(variable) != BtfKind.Variable || mapName.Length == 0 || offset > section.Size || size > section.Size - offset)
            {
                findings.Add(ElfDiagnostics.BadMap, section.Name, offset, $"'{mapName}' is no variable of the section.");
            }
            else if (types.LinkageOf(variable) != 1)
            {
                findings.Add(ElfDiagnostics.BadMap, section.Name, offset, $"Map '{mapName}' is static or hidden, so that it cannot be found by name.");
            }
            else if (types.Strip(types.SizeOrTypeOf(variable)) is not int definition || types.KindOf(definition) != BtfKind.Struct || (uint)types.SizeOrTypeOf(definition) > size)
            {
                findings.Add(ElfDiagnostics.BadMap, section.Name, offset, $"Map '{mapName}' is not a structure of map attributes.");
            }
            else
            {
                MapAttributes attributes = new();
                string? problem = ReadAttributes(definition, attributes, isInner: false);
                if (problem is not null || !_definitions.TryAdd(offset, _maps.Count) || (_places.Count > 0 && offset < _places[^1].Offset + _places[^1].Size))
                {
                    findings.Add(ElfDiagnostics.BadMap, section.Name, offset, $"Map '{mapName}': {problem ?? "it lies where another map lies."}");
                    continue;
                }

                _places.Add(new MapPlace(offset, size, attributes.ValuesOffset, _maps.Count));
                _maps.Add(new ElfMap(mapName, section.Name, attributes.IsPinned, attributes.ToSpec(mapName, types)));
            }
        }
    }

    // The problem, or null.
    private string? ReadAttributes(int definition, MapAttributes map, bool isInner)
    {
        int count = types!.LengthOf(definition);
        if (count > MostAttributes)
        {
            return $"a structure of {count} members is no map.";
        }

        for (int i = 0; i < count; i++)
        {
            int type = types.TypeAt(definition, i);
            string attribute = Encoding.UTF8.GetString(types.NameAt(definition, i));
            string? problem = attribute switch
            {
                "type" => Number(type, attribute, number => map.Type = (MapType)number),
                "max_entries" => Number(type, attribute, number => map.MaxEntries = (int)number),
                "map_flags" => Number(type, attribute, number => map.Flags = (MapFlags)number),
                "numa_node" => Number(type, attribute, number => map.NumaNode = (int)number),
                "key_size" => Number(type, attribute, number => map.SetKey((int)number, 0)),
                "value_size" => Number(type, attribute, number => map.SetValue((int)number, 0)),
                "key" => Pointed(type, attribute, map.SetKey),
                "value" => Pointed(type, attribute, map.SetValue),
                "map_extra" => Wide(type, number => map.Extra = number),
                "pinning" when isInner => "an inner map cannot be pinned.",
                "pinning" => Number(type, attribute, number => map.IsPinned = number == 1),
                "values" when isInner => "maps of maps of maps do not exist.",
                "values" when i != count - 1 => "'values' must be the last member.",
                "values" => Values(type, map, (int)(types.BitOffsetAt(definition, i) / 8)),
                _ => $"'{attribute}' is no attribute of a map.",
            };
            problem ??= map.Problem;
            if (problem is not null)
            {
                return problem;
            }
        }

        return map.Type == MapType.Unspecified ? "it has no type." : null;
    }

    // A number is hidden in the length of an array that a pointer leads to: __uint.
    private string? Number(int type, string attribute, Action<uint> set)
    {
        if (types!.Strip(type) is int pointer && types.KindOf(pointer) == BtfKind.Pointer
            && types.Strip(types.SizeOrTypeOf(pointer)) is int array && types.KindOf(array) == BtfKind.Array)
        {
            set(types.ArrayLengthOf(array));
            return null;
        }

        return $"'{attribute}' is not made with __uint.";
    }

    // A 64-bit number is the only value of an enum: __ulong.
    private string? Wide(int type, Action<ulong> set)
    {
        if (types!.Strip(type) is int id)
        {
            if (types.KindOf(id) is BtfKind.Enum or BtfKind.Enum64 && types.LengthOf(id) == 1)
            {
                set(types.ValueAt(id, 0));
                return null;
            }

            return Number(type, "map_extra", number => set(number));
        }

        return "'map_extra' is not made with __uint or __ulong.";
    }

    private string? Pointed(int type, string attribute, Action<int, int> set)
    {
        if (types!.KindOf(type) == BtfKind.Pointer && types.SizeOf(types.SizeOrTypeOf(type)) is int size)
        {
            set(size, types.SizeOrTypeOf(type));
            return null;
        }

        return $"'{attribute}' is not made with __type, of a type that has a size.";
    }

    private string? Values(int type, MapAttributes map, int offset)
    {
        bool isProgramArray = map.Type == MapType.ProgArray;
        if (!IsMapOfMaps(map.Type) && !isProgramArray)
        {
            return "only maps of maps and PROG_ARRAYs have values.";
        }

        map.SetValue(4, map.ValueTypeId);
        map.ValuesOffset = offset;
        if (types!.KindOf(type) != BtfKind.Array || types.ArrayLengthOf(type) != 0
            || types.Strip(types.ElementOf(type)) is not int pointer || types.KindOf(pointer) != BtfKind.Pointer
            || types.Strip(types.SizeOrTypeOf(pointer)) is not int target
            || types.KindOf(target) != (isProgramArray ? BtfKind.FunctionPrototype : BtfKind.Struct))
        {
            return "'values' is not made with __array, of maps or functions.";
        }

        if (isProgramArray)
        {
            return null;
        }

        map.Inner = new MapAttributes();
        return ReadAttributes(target, map.Inner, isInner: true) is string problem ? "inner map: " + problem : null;
    }

    private void AddVariables(in ElfSection section, MapFlags flags)
    {
        if (section.Size > LargestValue)
        {
            findings.Add(ElfDiagnostics.TooLarge, section.Name, 0, string.Create(CultureInfo.InvariantCulture, $"The section has {section.Size} bytes."));
            return;
        }

        int? data = null;
        if (types is not null)
        {
            _dataSections ??= DataSections(types);
            data = _dataSections.TryGetValue(section.Name, out int id) ? id : null;
        }

        ReadOnlySpan<byte> bytes = file.BytesOf(section).Span;
        bool isZero = !bytes.ContainsAnyExcept((byte)0);
        string mapName = ObjectName.OfSection(name, section.Name);
        _dataMaps.Add(section.Index, _maps.Count);
        _maps.Add(new ElfMap(mapName, section.Name, IsPinned: false, new MapSpec(mapName, MapType.Array, 4, (int)section.Size, 1, flags)
        {
            Btf = data is int type ? new MapBtf(types!.Bytes, 0, type) : null,
            SpinLockOffset = data is int variables ? SpinLockIn(types!, variables) : null,
            Contents = isZero ? [] : [new MapEntry([0, 0, 0, 0], ImmutableCollectionsMarshal.AsImmutableArray(bytes.ToArray()))],
            Frozen = flags.HasFlag(MapFlags.ReadOnlyProgram),
        }));
    }

    private readonly record struct MapPlace(long Offset, long Size, int Values, int Map);

    private sealed class MapAttributes
    {
        internal MapType Type { get; set; }

        internal int MaxEntries { get; set; }

        internal MapFlags Flags { get; set; }

        internal int NumaNode { get; set; }

        internal ulong Extra { get; set; }

        internal bool IsPinned { get; set; }

        internal int ValuesOffset { get; set; }

        internal int ValueTypeId { get; private set; }

        internal MapAttributes? Inner { get; set; }

        internal string? Problem { get; private set; }

        private int KeySize { get; set; }

        private int ValueSize { get; set; }

        private int KeyTypeId { get; set; }

        internal void SetKey(int size, int typeId)
        {
            Problem = KeySize != 0 && KeySize != size ? $"the key has {KeySize} bytes and {size} bytes." : null;
            (KeySize, KeyTypeId) = (size, typeId);
        }

        internal void SetValue(int size, int typeId)
        {
            Problem = ValueSize != 0 && ValueSize != size ? $"the value has {ValueSize} bytes and {size} bytes." : null;
            (ValueSize, ValueTypeId) = (size, typeId);
        }

        internal MapSpec ToSpec(string mapName, BtfTypes types) => new(
            ObjectName.Of(mapName), Type, KeySize, ValueSize, Type is MapType.RingBuf or MapType.UserRingBuf ? RingSize(MaxEntries) : MaxEntries, Flags)
        {
            NumaNode = NumaNode,
            Extra = Extra,
            Btf = TakesTypes(Type) && (KeyTypeId | ValueTypeId) != 0 ? new MapBtf(types.Bytes, KeyTypeId, ValueTypeId) : null,
            SpinLockOffset = ValueTypeId != 0 && (Type is MapType.Hash or MapType.Array) ? SpinLockIn(types, ValueTypeId) : null,
            Inner = Inner?.ToSpec(mapName + ".inner", types),
        };
    }
}
