using System.Buffers.Binary;

namespace ReuseportPS.Engine.Btf;

/// <summary>Records of <c>.BTF.ext</c> about one section of code, in the order of the code. The first word of each is an offset in bytes.</summary>
/// <param name="bytes">The records.</param>
/// <param name="recordSize">Bytes of one.</param>
internal readonly struct BtfRecords(ReadOnlyMemory<byte> bytes, int recordSize)
{
    internal int Count => recordSize == 0 ? 0 : bytes.Length / recordSize;

    internal uint Word(int record, int index) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[((record * recordSize) + (index * 4))..]);

    /// <summary>The records of the code from one offset up to another.</summary>
    internal (int First, int End) Between(long from, long to) => (FirstFrom(from), FirstFrom(to));

    private int FirstFrom(long offset)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = Word(middle, 0) < offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
