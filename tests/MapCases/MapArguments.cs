using System.Buffers.Binary;

namespace ReuseportPS.MapCases;

/// <summary>The value that a program of <see cref="MapPrograms"/> reads its arguments from.</summary>
internal sealed class MapArguments
{
    public byte[] Bytes { get; } = new byte[MapPrograms.Size];

    public ulong Result => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(MapPrograms.Result));

    public ReadOnlySpan<byte> Given(int size) => Bytes.AsSpan(MapPrograms.Given, size);

    /// <summary>Sets all arguments. The value is also where a peek gives one, for a Bloom filter is asked for what is there.</summary>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags, int cpu)
    {
        Bytes.AsSpan().Clear();
        key.CopyTo(Bytes.AsSpan(MapPrograms.Key));
        value.CopyTo(Bytes.AsSpan(MapPrograms.Value));
        value.CopyTo(Bytes.AsSpan(MapPrograms.Given));
        BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(MapPrograms.Flags), flags);
        BinaryPrimitives.WriteInt32LittleEndian(Bytes.AsSpan(MapPrograms.Cpu), cpu);
    }
}
