using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>A socket as plain data.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Family">IPv4 or IPv6.</param>
/// <param name="ReusePort">SO_REUSEPORT, set before bind.</param>
/// <param name="V6Only">IPV6_V6ONLY for an IPv6 socket; null leaves the default (0).</param>
/// <param name="IncomingCpu">SO_INCOMING_CPU; null leaves it unset (-1).</param>
/// <param name="Device">SO_BINDTODEVICE; null leaves it unbound.</param>
/// <param name="Uid">The user whose socket it is, as if that user's process had made it (Linux: CAP_SETUID); null for the caller.</param>
public sealed record SocketSpec(
    TransportProtocol Protocol, IpFamily Family, bool ReusePort = true, bool? V6Only = null, int? IncomingCpu = null, string? Device = null, uint? Uid = null);
