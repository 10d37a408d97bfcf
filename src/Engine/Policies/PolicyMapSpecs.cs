using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>The maps of policy programs.</summary>
internal static class PolicyMapSpecs
{
    /// <summary>Bytes of a trie's key: prefix length, family, address.</summary>
    public const int ListKeySize = 24;

    /// <summary>Bits of a trie's key before the address: the family, so that no IPv6 prefix matches IPv4.</summary>
    public const int FamilyBits = 32;

    /// <summary>The seats: arrays cannot grow and seats are for life, so it has the kernel's limit of a group; 8-byte values read back as cookies.</summary>
    public static MapSpec Seats { get; } = new("seats", MapType.ReuseportSockArray, 4, 8, SlotItem.HighestSlot + 1);

    public static MapSpec Epoch { get; } = new("epoch", MapType.Array, 4, 4, 1, MapFlags.Mmapable);

    public static MapSpec Counters(int valueSize) => new("counters", MapType.PerCpuArray, 4, valueSize, 1);

    /// <summary>The name of the map that has an entry for each slot.</summary>
    public const string SlotCountersName = "slot_counters";

    public static MapSpec SlotCounters(int slotCount) => new(SlotCountersName, MapType.PerCpuArray, 4, 8, slotCount);

    /// <summary>Both banks of the table. The flag of the inner arrays lets it change its size.</summary>
    public static MapSpec Tables { get; } = new("tables", MapType.ArrayOfMaps, 4, 4, 2) { Inner = Table([0]).WithValues([]) };

    /// <summary>Both banks of lists.</summary>
    public static MapSpec Lists(int perBank) => new("lists", MapType.ArrayOfMaps, 4, 4, 2 * perBank) { Inner = List([]) };

    public static MapSpec Table(ImmutableArray<int> values) =>
        new MapSpec("table", MapType.Array, 4, 4, values.Length, MapFlags.InnerMap).WithValues(ImmutableArray.Create(MemoryMarshal.AsBytes(values.AsSpan())));

    public static MapSpec List(EquatableArray<AddressPrefix> prefixes)
    {
        ImmutableArray<AddressPrefix> distinct = [.. prefixes.Items.Distinct()];
        ImmutableArray<byte> present = Word(1);
        return new("list", MapType.LpmTrie, ListKeySize, 4, Math.Max(1, distinct.Length), MapFlags.NoPreallocation)
        {
            Contents = [.. distinct.Select(p => new MapEntry(ListKey(p), present))],
        };
    }

    public static MapSpec Samples { get; } = new("samples", MapType.RingBuf, 0, 0, 1 << 18);

    public static MapSpec Loads(int slotCount) => new("loads", MapType.Array, 4, 8, slotCount);

    /// <summary>Bytes of the key of a flow: protocol and family, addresses, ports.</summary>
    public const int FlowKeySize = 40;

    /// <summary>Bytes of what is known of a flow: slot, seat generation, time of the last packet.</summary>
    public const int FlowValueSize = 16;

    public static MapSpec Flows(int number, int entries) =>
        new("flows_" + number.ToString(System.Globalization.CultureInfo.InvariantCulture), MapType.LruHash, FlowKeySize, FlowValueSize, entries);

    /// <summary>A trie of beginnings of connection ids; the value is the slot.</summary>
    public static MapSpec Ids(IEnumerable<(ImmutableArray<byte> Prefix, int Slot)> ids)
    {
        ImmutableArray<MapEntry> entries = [.. ids.Select(id => new MapEntry(IdKey(id.Prefix), Word(id.Slot)))];
        return List([]) with { MaxEntries = Math.Max(1, entries.Length), Contents = entries };
    }

    /// <summary>What stands in a trie's key in the place of a family, where it is a connection id.</summary>
    public const int IdTag = 1;

    private static ImmutableArray<byte> IdKey(ImmutableArray<byte> prefix)
    {
        byte[] key = new byte[ListKeySize];
        BinaryPrimitives.WriteInt32LittleEndian(key, FamilyBits + (8 * prefix.Length));
        BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(4), IdTag);
        prefix.AsSpan().CopyTo(key.AsSpan(8));
        return [.. key];
    }

    /// <summary>What stands for a family in a trie's key.</summary>
    public static int FamilyTag(IpFamily family) => family == IpFamily.V4 ? 4 : 6;

    private static ImmutableArray<byte> ListKey(AddressPrefix prefix)
    {
        byte[] key = new byte[ListKeySize];
        BinaryPrimitives.WriteInt32LittleEndian(key, FamilyBits + prefix.Length);
        BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(4), FamilyTag(prefix.Family));
        BinaryPrimitives.WriteUInt128BigEndian(key.AsSpan(8), prefix.Family == IpFamily.V4 ? prefix.Address << 96 : prefix.Address);
        return [.. key];
    }

    private static ImmutableArray<byte> Word(int value) => [.. BitConverter.GetBytes(value)];
}
