using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Binding;

/// <summary>One packet as a user gives it: by addresses and ports.</summary>
internal static class FlowInput
{
    // 65535 less the headers of IPv4 and UDP.
    private const int MostPayload = 65507;

    /// <summary>A datagram or a SYN.</summary>
    /// <exception cref="DiagnosticException">RPS6012: there is no such packet.</exception>
    public static Packet Open(IPAddress source, int sourcePort, IPAddress? destination, int destinationPort, TransportProtocol protocol, byte[] payload)
    {
        bool isV4 = source.AddressFamily == AddressFamily.InterNetwork;
        destination ??= IPAddress.Parse(isV4 ? "192.0.2.1" : "2001:db8::1");
        string? problem = destination.AddressFamily != source.AddressFamily ? $"{source} and {destination} are of different families"
            : protocol == TransportProtocol.Tcp && payload.Length > 0 ? "a SYN carries no payload"
            : payload.Length > MostPayload ? $"a datagram carries at most {MostPayload} bytes, not {payload.Length}"
            : null;
        return problem is not null
            ? throw new DiagnosticException(TraceDiagnostics.NotAPacket.At(null, $"There is no such packet: {problem}."))
            : FlowPacket.Create(
                new FlowKey(
                    isV4 ? IpFamily.V4 : IpFamily.V6, protocol, FlowKey.ToNumber(source), FlowKey.ToNumber(destination), (ushort)sourcePort, (ushort)destinationPort),
                payload);
    }
}
