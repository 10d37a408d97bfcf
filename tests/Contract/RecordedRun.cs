using System.Buffers.Binary;

namespace ReuseportPS.Contract;

/// <summary>What a <see cref="Recorder"/> saw in one run.</summary>
/// <param name="Length"><c>len</c> of the context.</param>
/// <param name="EtherType"><c>eth_protocol</c>, as the bytes lie.</param>
/// <param name="Protocol"><c>ip_protocol</c>.</param>
/// <param name="BindInAny"><c>bind_inany</c>.</param>
/// <param name="Hash"><c>hash</c>.</param>
/// <param name="Linear">Bytes from <c>data</c> to <c>data_end</c>.</param>
/// <param name="Socket">Cookie of <c>sk</c>.</param>
/// <param name="Migrating">Cookie of <c>migrating_sk</c>; 0 when it is NULL.</param>
/// <param name="Selected">What helper 82 returned; 0 when it was not called.</param>
/// <param name="LoadResult">What skb_load_bytes returned for the flags byte of a TCP header.</param>
/// <param name="TcpFlags">That byte.</param>
/// <param name="Sequence">Sequence number of the segment.</param>
public sealed record RecordedRun(
    uint Length, uint EtherType, uint Protocol, uint BindInAny, uint Hash, uint Linear, ulong Socket, ulong Migrating, long Selected, int LoadResult, byte TcpFlags, uint Sequence)
{
    public const int Size = 64;

    public static RecordedRun Read(ReadOnlySpan<byte> bytes) => new(
        Word(bytes), Word(bytes[4..]), Word(bytes[8..]), Word(bytes[12..]), Word(bytes[16..]), Word(bytes[20..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]), (int)Word(bytes[48..]), bytes[52], BinaryPrimitives.ReadUInt32BigEndian(bytes[56..]));

    private static uint Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
