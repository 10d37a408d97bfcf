using System.Buffers.Binary;
using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Numerics;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Binding;

/// <summary>
/// What the -Map parameter says maps are to hold: <c>@{ weights = 60, 30, 10; blocked = @{ '10.0.0.0/8' = 1 }; '.rodata' = @{ workers = 4 } }</c>.
/// </summary>
internal static class MapContents
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>The program with the contents of its maps added.</summary>
    /// <param name="program">The program.</param>
    /// <param name="contents">By name of map: keys and values, or for an array its values in a row. A section of variables may be named by its section.</param>
    /// <param name="cpuCount">Possible CPUs: each gets the value in a per-CPU map.</param>
    /// <exception cref="DiagnosticException">RPS1036.</exception>
    public static SeatedProgram Apply(SeatedProgram program, IDictionary contents, int cpuCount)
    {
        foreach (DictionaryEntry named in contents)
        {
            string name = Text(named.Key);
            ImmutableArray<MapSpec> maps = program.Collection.Maps;
            int[] found = [.. Enumerable.Range(0, maps.Length).Where(index => maps[index].Name == name)];
            if (found.Length == 0 && name.StartsWith('.'))
            {
                found = [.. Enumerable.Range(0, maps.Length).Where(index => maps[index].Name.EndsWith(name, StringComparison.Ordinal))];
            }

            if (found.Length != 1)
            {
                throw Refuse($"Program '{program.Program.Name}' has {(found.Length == 0 ? "no map" : "several maps")} '{name}'; its maps: {string.Join(", ", maps.Select(map => $"'{map.Name}'"))}.");
            }

            program = program.With(found[0], Fill(maps[found[0]], Unwrap(named.Value), cpuCount));
        }

        return program;
    }

    private static MapSpec Fill(MapSpec map, object? contents, int cpuCount)
    {
        if (map.Inner is not null || map.Type is MapType.ReuseportSockArray or MapType.ProgArray || map.KeySize == 0)
        {
            throw Refuse($"Map '{map.Name}' ({map.Type}) takes no contents from here.");
        }

        if (map.Btf is { KeyTypeId: 0 } && contents is IDictionary variables && variables.Keys.Cast<object>().All(key => Unwrap(key) is string))
        {
            return FillVariables(map, variables);
        }

        IEnumerable<(object Key, object? Value)> entries = contents switch
        {
            IDictionary dictionary => dictionary.Cast<DictionaryEntry>().Select(entry => (entry.Key, entry.Value)),
            byte[] or string or not IEnumerable => [(0, contents)],
            IEnumerable values => values.Cast<object?>().Select((value, index) => ((object)index, value)),
        };
        ImmutableArray<MapEntry> added = [.. entries.Select(entry => new MapEntry(
            [.. Encode(map, "key", entry.Key, map.KeySize)], [.. ForEachCpu(map, Encode(map, "value", entry.Value, map.ValueSize), cpuCount)]))];
        return map with { Contents = map.Contents.AddRange(added) };
    }

    private static MapSpec FillVariables(MapSpec map, IDictionary variables)
    {
        ImmutableArray<BtfVariable> known = BtfTypes.TryRead(map.Btf!.Bytes, out BtfTypes? types, out _) ? types.VariablesOf(map.Btf.ValueTypeId) : [];
        byte[] value = map.Contents.IsEmpty ? new byte[map.ValueSize] : [.. map.Contents[^1].Value];
        foreach (DictionaryEntry entry in variables)
        {
            string name = Text(entry.Key);
            BtfVariable variable = known.FirstOrDefault(variable => variable.Name == name);
            if (variable.Name is null || variable.Offset + variable.Size > value.Length)
            {
                throw Refuse($"Map '{map.Name}' has no variable '{name}'; its variables: {string.Join(", ", known.Select(variable => $"'{variable.Name}'"))}.");
            }

            Encode(map, $"variable '{name}'", entry.Value, variable.Size).CopyTo(value, variable.Offset);
        }

        return map with { Contents = [new MapEntry([0, 0, 0, 0], [.. value])] };
    }

    private static byte[] ForEachCpu(MapSpec map, byte[] value, int cpuCount)
    {
        if (map.Type is not (MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash))
        {
            return value;
        }

        const int Alignment = 8;
        int stride = (value.Length + Alignment - 1) / Alignment * Alignment;
        byte[] all = new byte[stride * cpuCount];
        for (int cpu = 0; cpu < cpuCount; cpu++)
        {
            value.CopyTo(all, cpu * stride);
        }

        return all;
    }

    /// <summary>Bytes of one key, value or variable: numbers little-endian, addresses in network order, text as hexadecimal bytes, several items one after the other.</summary>
    private static byte[] Encode(MapSpec map, string what, object? input, int size)
    {
        object? item = Unwrap(input);
        byte[]? bytes = item switch
        {
            byte[] given => given,
            IPAddress address => address.GetAddressBytes(),
            string text => FromText(map, text, size),
            IEnumerable items => FromItems(map, what, [.. items.Cast<object?>()], size),
            _ => FromNumber(item, size),
        };
        return bytes?.Length == size
            ? bytes
            : throw Refuse($"Map '{map.Name}': the {what} '{Text(item)}' does not fit the {size} bytes that it has.");
    }

    private static byte[]? FromItems(MapSpec map, string what, object?[] items, int size) => items.Length == 0 || size % items.Length != 0
        ? null
        : [.. items.SelectMany(item => Encode(map, what, item, size / items.Length))];

    private static byte[]? FromNumber(object? item, int size)
    {
        BigInteger? number = item switch
        {
            bool truth => truth ? 1 : 0,
            Enum or char or null => null,
            IConvertible => LanguagePrimitives.TryConvertTo(item, s_culture, out BigInteger converted) ? converted : null,
            BigInteger big => big,
            _ => null,
        };
        byte[] bytes = new byte[size];
        if (number is not BigInteger value || !value.TryWriteBytes(bytes, out int written, isUnsigned: value.Sign >= 0))
        {
            return null;
        }

        if (value.Sign < 0)
        {
            bytes.AsSpan(written).Fill(byte.MaxValue);
        }

        return bytes;
    }

    private static byte[]? FromText(MapSpec map, string text, int size)
    {
        const int PrefixLength = sizeof(int);
        if (map.Type == MapType.LpmTrie && text.Contains('/', StringComparison.Ordinal) && AddressPrefix.TryParse(text, out AddressPrefix prefix, out _))
        {
            byte[] address = FlowKey.ToAddress(prefix.Family, prefix.Address).GetAddressBytes();
            byte[] key = new byte[PrefixLength + address.Length];
            BinaryPrimitives.WriteInt32LittleEndian(key, prefix.Length);
            address.CopyTo(key, PrefixLength);
            return key;
        }

        bool isAddress = text.Contains('.', StringComparison.Ordinal) || text.Contains("::", StringComparison.Ordinal);
        return isAddress && IPAddress.TryParse(text, out IPAddress? one) && one.GetAddressBytes().Length == size ? one.GetAddressBytes() : HexText.Read(text);
    }

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static string Text(object? value) => LanguagePrimitives.ConvertTo<string>(value);

    private static DiagnosticException Refuse(string message) => new(ProgramDiagnostics.BadContents.At(null, message));
}
