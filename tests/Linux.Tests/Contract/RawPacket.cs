using System.Net;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Sockets;

namespace ReuseportPS.Linux.Tests.Contract;

/// <summary>Sends packets that come with their network header, by a raw socket.</summary>
internal static class RawPacket
{
    private const int AnyProtocol = 255; // IPPROTO_RAW: the header is the sender's

    public static void Send(ReadOnlySpan<byte> packet)
    {
        bool isV4 = packet[0] >> 4 == 4;
        nint descriptor = Sys.socket(isV4 ? SocketConstants.AF_INET : SocketConstants.AF_INET6, SocketConstants.SOCK_RAW, AnyProtocol);
        if (descriptor < 0)
        {
            throw new InvalidOperationException($"socket: errno {-descriptor}");
        }

        using SafeSocketFd socket = new(descriptor);
        Span<byte> address = stackalloc byte[SocketAddressCodec.MaxLength];
        int length = SocketAddressCodec.Write(new IPEndPoint(new IPAddress(isV4 ? packet[16..20] : packet[24..40]), 0), address);
        nint sent = Sys.sendto(socket, packet, 0, address[..length]);
        if (sent != packet.Length)
        {
            throw new InvalidOperationException($"sendto: {sent}");
        }
    }
}
