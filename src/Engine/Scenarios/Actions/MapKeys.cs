using System.Buffers.Binary;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>Numbers as the bytes of keys and values.</summary>
internal static class MapKeys
{
    public static byte[] Of(IBackendMap map, long key) => Bytes(key, map.Spec.KeySize);

    public static byte[] Bytes(long number, int size)
    {
        Span<byte> all = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(all, number);
        byte[] bytes = new byte[size];
        all[..Math.Min(size, 8)].CopyTo(bytes);
        return bytes;
    }

    /// <summary>A value of several numbers, each of an equal part of it.</summary>
    public static byte[] Bytes(IReadOnlyList<long> numbers, int size) => [.. numbers.SelectMany(number => Bytes(number, size / numbers.Count))];

    /// <summary>The numbers of a value, signed.</summary>
    public static IEnumerable<long> Numbers(byte[] value, int count)
    {
        int size = value.Length / count;
        for (int at = 0; at < count; at++)
        {
            ReadOnlySpan<byte> part = value.AsSpan(at * size, size);
            yield return size switch
            {
                8 => BinaryPrimitives.ReadInt64LittleEndian(part),
                4 => BinaryPrimitives.ReadInt32LittleEndian(part),
                2 => BinaryPrimitives.ReadInt16LittleEndian(part),
                _ => part[0],
            };
        }
    }
}
