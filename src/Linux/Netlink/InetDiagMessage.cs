using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Interop;
using static ReuseportPS.Linux.Netlink.NetlinkConstants;

namespace ReuseportPS.Linux.Netlink;

/// <summary>One socket as sock_diag(7) reports it (<c>struct inet_diag_msg</c> and its attributes). No I/O.</summary>
internal sealed record InetDiagMessage(
    IpFamily Family, byte State, IPEndPoint Local, IPEndPoint Remote, int InterfaceIndex, ulong Cookie, uint ReceiveQueue, uint SendQueue,
    uint Uid, uint Inode, bool V6Only)
{
    /// <summary>SO_RCVBUF in bytes; null when it was not told.</summary>
    internal uint? ReceiveBuffer { get; init; }

    /// <summary>Packets dropped for want of room; null when it was not told.</summary>
    internal uint? Drops { get; init; }

    internal const byte TcpEstablished = 1;
    internal const byte TcpSynReceived = 3;
    internal const byte TcpFinWait1 = 4;
    internal const byte TcpFinWait2 = 5;
    internal const byte TcpClose = 7;
    internal const byte TcpCloseWait = 8;
    internal const byte TcpLastAck = 9;
    internal const byte TcpClosing = 11;
    internal const byte TcpListen = 10;

    /// <summary>TCP_BOUND_INACTIVE, only to ask with: sockets that are so show TCP_CLOSE.</summary>
    internal const byte TcpBoundInactive = 13;

    private const int Length = 72;

    // Words of struct sock's memory figures (SK_MEMINFO_RCVBUF, SK_MEMINFO_DROPS).
    private const int ReceiveBufferWord = 1;
    private const int DropsWord = 8;

    /// <summary>Writes the fixed part of a dump request (<c>struct inet_diag_req_v2</c>).</summary>
    internal static void WriteRequest(NetlinkMessage message, TransportProtocol protocol, IpFamily family, int localPort)
    {
        WriteRequest(message, protocol, family, localPort, protocol == TransportProtocol.Tcp ? 1u << TcpListen : (1u << TcpClose) | (1u << TcpEstablished));
    }

    /// <summary>The same for sockets of given states, one bit each.</summary>
    internal static void WriteRequest(NetlinkMessage message, TransportProtocol protocol, IpFamily family, int localPort, uint states)
    {
        message.U8((byte)(family == IpFamily.V4 ? SocketConstants.AF_INET : SocketConstants.AF_INET6)).U8((byte)protocol).U8(1 << (INET_DIAG_SKMEMINFO - 1)).U8(0).U32(states)
            .U16BigEndian((ushort)localPort).Zeros(38).U32(uint.MaxValue).U32(uint.MaxValue);
    }

    /// <summary>Reads an answer; null when it is not one that this project understands.</summary>
    internal static InetDiagMessage? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < Length)
        {
            return null;
        }

        int family = payload[0];
        if (family is not (SocketConstants.AF_INET or SocketConstants.AF_INET6))
        {
            return null;
        }

        int addressLength = family == SocketConstants.AF_INET ? 4 : 16;
        bool v6Only = false;
        uint? receiveBuffer = null;
        uint? drops = null;
        NetlinkReader attributes = new(payload[Length..]);
        while (attributes.TryAttribute(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == INET_DIAG_SKV6ONLY && value.Length >= 1)
            {
                v6Only = value[0] != 0;
            }
            else if (type == INET_DIAG_SKMEMINFO && value.Length >= (DropsWord + 1) * sizeof(uint))
            {
                receiveBuffer = MemoryMarshal.Read<uint>(value[(ReceiveBufferWord * sizeof(uint))..]);
                drops = MemoryMarshal.Read<uint>(value[(DropsWord * sizeof(uint))..]);
            }
        }

        return new InetDiagMessage(
            family == SocketConstants.AF_INET ? IpFamily.V4 : IpFamily.V6,
            payload[1],
            new IPEndPoint(new IPAddress(payload.Slice(8, addressLength)), BinaryPrimitives.ReadUInt16BigEndian(payload[4..])),
            new IPEndPoint(new IPAddress(payload.Slice(24, addressLength)), BinaryPrimitives.ReadUInt16BigEndian(payload[6..])),
            MemoryMarshal.Read<int>(payload[40..]),
            MemoryMarshal.Read<uint>(payload[44..]) | ((ulong)MemoryMarshal.Read<uint>(payload[48..]) << 32),
            MemoryMarshal.Read<uint>(payload[56..]),
            MemoryMarshal.Read<uint>(payload[60..]),
            MemoryMarshal.Read<uint>(payload[64..]),
            MemoryMarshal.Read<uint>(payload[68..]),
            v6Only)
        {
            ReceiveBuffer = receiveBuffer,
            Drops = drops,
        };
    }
}
