using System.Buffers.Binary;
using System.Security.Cryptography;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>
/// The pinned map <c>edits</c>: what changes of data have made of the pinned state, written by whoever has file permission on it. It has two entries, written by turns: a value is the number of the edit, the id of the
/// map of the state that it belongs to, the length of its text, the SHA-256 of all of that, and the text. Whoever reads takes the entry with the highest number that is whole, so that the former edit is in force until the new one is there.
/// </summary>
internal static class GroupEdits
{
    public const string Pin = "edits";

    private const int StateAt = 8;
    private const int LengthAt = 12;
    private const int DigestAt = 16;
    private const int TextAt = DigestAt + SHA256.HashSizeInBytes;
    private const int SpareRoom = 16 << 10;
    private const int Page = 4 << 10;
    private const int SlotRoom = 64; // of a slot that is marked, in JSON

    /// <summary>Bytes of text for which a state should have room: what it says now, but for the past, twice, a mark for each slot, and some more.</summary>
    public static int RoomFor(GroupState state) => (2 * (state with { History = null }).ToJson().Length) + (SlotRoom * state.SlotCount) + SpareRoom;

    /// <summary>Whether a map with so much room is still large enough for a state.</summary>
    public static bool HasRoomFor(GroupState state, int room) => room >= RoomFor(state) - (SpareRoom / 2);

    /// <summary>A map with at least so much room for text.</summary>
    public static MapSpec Spec(int room) => new(Pin, MapType.Array, sizeof(int), (TextAt + room + Page - 1) / Page * Page, 2);

    /// <summary>Bytes of text that fit into a map; 0 for one that is no such map.</summary>
    public static int RoomOf(IBackendMap map) =>
        map.Spec is { Type: MapType.Array, KeySize: sizeof(int), MaxEntries: 2, Frozen: false } spec ? Math.Max(0, spec.ValueSize - TextAt) : 0;

    /// <summary>The edits of a state that are whole, the latest first.</summary>
    /// <param name="map">The map.</param>
    /// <param name="state">Id of the map of the state.</param>
    public static IReadOnlyList<(ulong Number, byte[] Text)> Read(IBackendMap map, uint state)
    {
        List<(ulong Number, byte[] Text)> edits = [];
        for (int entry = 0; entry < 2 && RoomOf(map) > 0; entry++)
        {
            ReadOnlySpan<byte> value = map.Lookup(KeyOf((ulong)entry));
            ulong number = BinaryPrimitives.ReadUInt64LittleEndian(value);
            int length = BinaryPrimitives.ReadInt32LittleEndian(value[LengthAt..]);
            if (number > 0 && number % 2 == (ulong)entry && BinaryPrimitives.ReadUInt32LittleEndian(value[StateAt..]) == state && length >= 0 && length <= value.Length - TextAt &&
                DigestOf(value, length).AsSpan().SequenceEqual(value.Slice(DigestAt, SHA256.HashSizeInBytes)))
            {
                edits.Add((number, value.Slice(TextAt, length).ToArray()));
            }
        }

        edits.Sort(static (one, other) => other.Number.CompareTo(one.Number));
        return edits;
    }

    /// <summary>Writes an edit in the place of the one before the last.</summary>
    /// <param name="map">The map, which has room for it.</param>
    /// <param name="state">Id of the map of the state.</param>
    /// <param name="number">One more than the number of the last edit; the first is 1.</param>
    /// <param name="text">The text.</param>
    public static void Write(IBackendMap map, uint state, ulong number, ReadOnlySpan<byte> text)
    {
        byte[] value = new byte[map.Spec.ValueSize];
        BinaryPrimitives.WriteUInt64LittleEndian(value, number);
        BinaryPrimitives.WriteUInt32LittleEndian(value.AsSpan(StateAt), state);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(LengthAt), text.Length);
        text.CopyTo(value.AsSpan(TextAt));
        DigestOf(value, text.Length).CopyTo(value.AsSpan(DigestAt));
        map.Update(KeyOf(number), value);
    }

    private static byte[] KeyOf(ulong number) => [(byte)(number % 2), 0, 0, 0];

    private static byte[] DigestOf(ReadOnlySpan<byte> value, int length) => SHA256.HashData([.. value[..DigestAt], .. value.Slice(TextAt, length)]);
}
