using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>A kernel group of a round, as it begins.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="EndPoint">What its members are bound to.</param>
/// <param name="V6Only">IPV6_V6ONLY; false for IPv4.</param>
/// <param name="IncomingCpus">SO_INCOMING_CPU of the member of each slot, or -1.</param>
internal sealed record TrialGroup(TransportProtocol Protocol, IPEndPoint EndPoint, bool V6Only, ImmutableArray<int> IncomingCpus)
{
    public IpFamily Family => EndPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;

    public override string ToString() => $"{(Protocol == TransportProtocol.Tcp ? "tcp" : "udp")} {EndPoint}{(V6Only ? " (IPv6 only)" : "")}";
}
