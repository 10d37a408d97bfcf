using System.Buffers.Binary;
using System.Net.Sockets;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>A query for the address of "example." (RFC 1035, section 4).</summary>
internal static class DnsAnswer
{
    private const int Length = 25;
    private static int s_id;

    /// <summary>Asks, and throws unless the answer is to this query and has an address.</summary>
    public static void Read(Socket socket)
    {
        bool isStream = socket.SocketType == SocketType.Stream;
        ushort id = (ushort)Interlocked.Increment(ref s_id);
        Span<byte> query = stackalloc byte[2 + Length];
        BinaryPrimitives.WriteUInt16BigEndian(query, Length);
        BinaryPrimitives.WriteUInt16BigEndian(query[2..], id);
        ReadOnlySpan<byte> rest = [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, .. "example"u8, 0, 0, 1, 0, 1];
        rest.CopyTo(query[4..]);
        socket.Send(isStream ? query : query[2..]);
        Span<byte> answer = stackalloc byte[514];
        int length = socket.Receive(answer);
        while (isStream && (length < 2 || length < 2 + BinaryPrimitives.ReadUInt16BigEndian(answer)))
        {
            int read = socket.Receive(answer[length..]);
            length = read > 0 ? length + read : throw new InvalidDataException($"{length} bytes are no answer");
        }

        ReadOnlySpan<byte> message = isStream ? answer[2..length] : answer[..length];
        if (message.Length <= Length || BinaryPrimitives.ReadUInt16BigEndian(message) != id || (message[3] & 0xf) != 0 || BinaryPrimitives.ReadUInt16BigEndian(message[6..]) == 0)
        {
            throw new InvalidDataException($"{message.Length} bytes are no answer");
        }
    }
}
