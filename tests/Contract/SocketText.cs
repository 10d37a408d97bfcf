using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>
/// A socket in the words of a test case: <c>udp4 any</c>, <c>tcp6 server v6only -reuseport</c>. The first word is protocol and
/// family; then <c>any</c>, <c>server</c> (the default), <c>other</c> (the client's address, that is another one) or <c>mapped</c>
/// (the IPv4 server address as IPv6); then <c>-reuseport</c>, <c>reuseaddr</c>, <c>v6only</c>, <c>device</c>.
/// </summary>
public sealed record SocketText(TransportProtocol Protocol, IpFamily Family, string Address, bool ReusePort, bool ReuseAddress, bool V6Only, bool OnDevice)
{
    public static SocketText Parse(string text)
    {
        string[] words = text.Split(' ');
        (TransportProtocol protocol, IpFamily family) = Packet(words[0]);
        SocketText socket = new(protocol, family, "server", ReusePort: true, ReuseAddress: false, V6Only: false, OnDevice: false);
        foreach (string word in words[1..])
        {
            socket = word switch
            {
                "any" or "server" or "other" or "mapped" => socket with { Address = word },
                "-reuseport" => socket with { ReusePort = false },
                "reuseaddr" => socket with { ReuseAddress = true },
                "v6only" => socket with { V6Only = true },
                "device" => socket with { OnDevice = true },
                _ => throw new ArgumentException($"'{word}' in '{text}' is no word for a socket."),
            };
        }

        return socket;
    }

    public static (TransportProtocol Protocol, IpFamily Family) Packet(string word) => word switch
    {
        "udp4" => (TransportProtocol.Udp, IpFamily.V4),
        "udp6" => (TransportProtocol.Udp, IpFamily.V6),
        "tcp4" => (TransportProtocol.Tcp, IpFamily.V4),
        "tcp6" => (TransportProtocol.Tcp, IpFamily.V6),
        _ => throw new ArgumentException($"'{word}' is no protocol and family."),
    };

    public SocketSpec ToSpec(World world) =>
        new(Protocol, Family, ReusePort, V6Only ? true : null, Device: OnDevice ? world.Device : null);

    public IPEndPoint EndPoint(World world, int port) => new((Address, Family) switch
    {
        ("any", IpFamily.V4) => IPAddress.Any,
        ("any", _) => IPAddress.IPv6Any,
        ("other", IpFamily.V4) => world.ClientV4,
        ("other", _) => world.ClientV6,
        ("mapped", _) => world.ServerV4.MapToIPv6(),
        (_, IpFamily.V4) => world.ServerV4,
        _ => world.ServerV6,
    }, port);
}
