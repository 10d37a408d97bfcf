using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Sockets;

/// <summary><c>struct sockaddr_in</c> and <c>struct sockaddr_in6</c> as bytes. No I/O.</summary>
internal static class SocketAddressCodec
{
    /// <summary>Room for either.</summary>
    internal const int MaxLength = 28;

    private const int V4Length = 16;

    /// <summary>Writes an address and returns its length.</summary>
    internal static int Write(IPEndPoint endPoint, Span<byte> destination)
    {
        destination[..MaxLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)endPoint.Port);
        if (endPoint.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
        {
            SetFamily(destination, SocketConstants.AF_INET);
            endPoint.Address.TryWriteBytes(destination[4..], out _);
            return V4Length;
        }

        SetFamily(destination, SocketConstants.AF_INET6);
        endPoint.Address.TryWriteBytes(destination[8..], out _);
        uint scope = (uint)endPoint.Address.ScopeId;
        MemoryMarshal.Write(destination[24..], in scope);
        return MaxLength;
    }

    /// <summary>Reads an address; null when it is of another family or too short.</summary>
    internal static IPEndPoint? Read(ReadOnlySpan<byte> source)
    {
        if (source.Length < V4Length)
        {
            return null;
        }

        int port = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        return MemoryMarshal.Read<ushort>(source) switch
        {
            SocketConstants.AF_INET => new IPEndPoint(new IPAddress(source.Slice(4, 4)), port),
            SocketConstants.AF_INET6 when source.Length >= MaxLength =>
                new IPEndPoint(new IPAddress(source.Slice(8, 16), MemoryMarshal.Read<uint>(source[24..])), port),
            _ => null,
        };
    }

    private static void SetFamily(Span<byte> destination, ushort family) => MemoryMarshal.Write(destination, in family);
}
