using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ReuseportPS.Bench.Peers;

/// <summary>The packets that every engine gets: 4096 different ones of 128 bytes, as programs/bench.h lays them out, from one seed.</summary>
internal static class PacketSet
{
    public const int Count = 4096;
    public const int Size = 128;
    public const int Slots = 8;
    private const int PayloadLength = 40;
    private const int PayloadOffset = 32;

    /// <summary>The packets in an array that stays where it is, each at the beginning of a cache line, as peers have them: what a packet takes is one line or two.</summary>
    /// <param name="start">Index of the first byte.</param>
    public static byte[] CreateAligned(out int start)
    {
        const int line = 64;
        byte[] packets = Create();
        byte[] aligned = GC.AllocateArray<byte>(packets.Length + line, pinned: true);
        start = (int)((line - Marshal.UnsafeAddrOfPinnedArrayElement(aligned, 0) % line) % line);
        packets.CopyTo(aligned, start);
        return aligned;
    }

    public static byte[] Create()
    {
        Random random = new(20);
        byte[] packets = new byte[Count * Size];
        for (int i = 0; i < Count; i++)
        {
            Span<byte> packet = packets.AsSpan(i * Size, Size);
            random.NextBytes(packet[PayloadOffset..]);
            BinaryPrimitives.WriteInt32LittleEndian(packet, PayloadLength);
            random.NextBytes(packet[4..16]);
            BinaryPrimitives.WriteUInt16LittleEndian(packet[16..], (ushort)random.Next(1024, 65536));
            BinaryPrimitives.WriteUInt16LittleEndian(packet[18..], 443);
            BinaryPrimitives.WriteInt32LittleEndian(packet[20..], 17);
            BinaryPrimitives.WriteInt32LittleEndian(packet[24..], Slots);

            // One in four opens a connection (a long header, version 1, an id of 8 bytes); the others carry an id that a worker gave out.
            Span<byte> payload = packet[PayloadOffset..];
            if (i % 4 == 0)
            {
                ((byte[])[0xc0, 0, 0, 0, 1, 8]).CopyTo(payload);
            }
            else
            {
                int worker = random.Next(200);
                payload[0] = (byte)(0x40 | (payload[0] & 0x3f));
                payload[3] = (byte)(payload[7] ^ worker);
                payload[4] = (byte)(payload[8] ^ (PeerTables.Generation(worker) << 6));
            }
        }

        return packets;
    }
}
