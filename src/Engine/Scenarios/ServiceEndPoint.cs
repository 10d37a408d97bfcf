using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>A protocol, an address and a port, such as <c>udp [::1]:53</c>.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="EndPoint">Address and port.</param>
public sealed record ServiceEndPoint(TransportProtocol Protocol, IPEndPoint EndPoint)
{
    /// <summary>The family of the address; <c>::ffff:a.b.c.d</c> is IPv6.</summary>
    public IpFamily Family => EndPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
}
