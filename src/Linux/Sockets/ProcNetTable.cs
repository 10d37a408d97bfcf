using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Netlink;

namespace ReuseportPS.Linux.Sockets;

/// <summary>
/// The tables /proc/PID/net/{tcp,tcp6,udp,udp6}: the sockets of another namespace without entering it. They tell neither cookie
/// nor device nor v6only. No I/O; lines that do not fit are left out.
/// </summary>
internal static class ProcNetTable
{
    /// <summary>Sockets of a table that are in a state; without one TCP listeners or bound UDP sockets.</summary>
    internal static IEnumerable<InetDiagMessage> Read(IEnumerable<string> lines, TransportProtocol protocol, IpFamily family, byte? wanted = null)
    {
        foreach (string line in lines.Skip(1))
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length < 10 || !TryEndPoint(columns[1], family, out IPEndPoint? local) || !TryEndPoint(columns[2], family, out IPEndPoint? remote)
                || !byte.TryParse(columns[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte state)
                || columns[4].Split(':') is not [string sendText, string receiveText]
                || !uint.TryParse(sendText, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint sendQueue)
                || !uint.TryParse(receiveText, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint receiveQueue)
                || !uint.TryParse(columns[7], NumberStyles.None, CultureInfo.InvariantCulture, out uint uid)
                || !uint.TryParse(columns[9], NumberStyles.None, CultureInfo.InvariantCulture, out uint inode))
            {
                continue;
            }

            if (wanted is null ? protocol == TransportProtocol.Udp || state == InetDiagMessage.TcpListen : state == wanted)
            {
                yield return new InetDiagMessage(family, state, local, remote, 0, 0, receiveQueue, sendQueue, uid, inode, V6Only: false);
            }
        }
    }

    // "0100007F:1F90": the address as 32-bit words in the machine's byte order, the port as a number.
    private static bool TryEndPoint(string text, IpFamily family, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        int length = family == IpFamily.V4 ? 4 : 16;
        if (text.Length != (length * 2) + 5 || text[length * 2] != ':'
            || !ushort.TryParse(text.AsSpan((length * 2) + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        Span<byte> address = stackalloc byte[length];
        for (int i = 0; i < length; i += 4)
        {
            if (!uint.TryParse(text.AsSpan(i * 2, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint word))
            {
                return false;
            }

            MemoryMarshal.Write(address[i..], in word);
        }

        endPoint = new IPEndPoint(new IPAddress(address), port);
        return true;
    }
}
