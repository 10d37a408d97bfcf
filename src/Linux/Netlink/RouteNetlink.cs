using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;
using static ReuseportPS.Linux.Netlink.NetlinkConstants;

namespace ReuseportPS.Linux.Netlink;

/// <summary>The little of rtnetlink(7) that a private namespace needs, in the namespace of the calling thread.</summary>
internal sealed class RouteNetlink : IDisposable
{
    private const int LinkInfoLength = 16;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly NetlinkSocket _socket = new(SocketConstants.NETLINK_ROUTE);

    public void Dispose() => _socket.Dispose();

    internal void SetUp(int link) => Check($"link {link} up", _socket.Request(RTM_NEWLINK, 0, m => m.LinkInfo(0, link, IFF_UP, IFF_UP)));

    internal void SetMtu(int link, uint mtu) => Check($"link {link} mtu {mtu}", _socket.Request(RTM_NEWLINK, 0, m => m.LinkInfo(0, link, 0, 0).Attribute(IFLA_MTU, mtu)));

    /// <summary>Waits until a device carries packets: a while after it is set up, during which the kernel drops what is sent.</summary>
    internal void WaitUntilRunning(int link)
    {
        long start = Stopwatch.GetTimestamp();
        byte state = 0;
        while (true)
        {
            Check($"link {link}", _socket.Ask(RTM_GETLINK, m => m.LinkInfo(0, link, 0, 0), payload =>
            {
                NetlinkReader attributes = new(payload.Length < LinkInfoLength ? [] : payload[LinkInfoLength..]);
                while (attributes.TryAttribute(out ushort type, out ReadOnlySpan<byte> value))
                {
                    state = type == IFLA_OPERSTATE && value.Length > 0 ? value[0] : state;
                }
            }));
            if (state == IF_OPER_UP)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(start) > s_patience)
            {
                throw LinuxErrors.Refused("rtnetlink", Errno.ETIMEDOUT, $"link {link}");
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>A pair of connected Ethernet devices, the second one in another namespace.</summary>
    internal void AddVeth(VethEnd here, VethEnd there, SafeNamespaceFd namespaceOfThere)
    {
        using FdLease lease = new(namespaceOfThere);
        uint descriptor = (uint)lease.Number;
        Check($"veth pair {here.Name}, {there.Name}", _socket.Request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, m => m
            .LinkInfo(0, here.Index, 0, 0)
            .Attribute(IFLA_IFNAME, here.Name)
            .Attribute(IFLA_ADDRESS, here.HardwareAddress)
            .Nested(IFLA_LINKINFO, info => info
                .Attribute(IFLA_INFO_KIND, "veth")
                .Nested(IFLA_INFO_DATA, data => data
                    .Nested(VETH_INFO_PEER, peer => peer
                        .LinkInfo(0, there.Index, 0, 0)
                        .Attribute(IFLA_IFNAME, there.Name)
                        .Attribute(IFLA_ADDRESS, there.HardwareAddress)
                        .Attribute(IFLA_NET_NS_FD, descriptor))))));
    }

    internal void AddAddress(int link, IPAddress address, byte prefixLength) =>
        Check($"address {address}/{prefixLength}", _socket.Request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, m => m
            .U8(Family(address)).U8(prefixLength).U8(IFA_F_NODAD).U8(0).U32((uint)link)
            .Attribute(IFA_LOCAL, address.GetAddressBytes())
            .Attribute(IFA_ADDRESS, address.GetAddressBytes())));

    /// <summary>Makes every address of a family local.</summary>
    internal void AddLocalDefault(byte family, int link) =>
        Check("local default route", _socket.Request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, m => m
            .U8(family).U8(0).U8(0).U8(0).U8(RT_TABLE_LOCAL).U8(RTPROT_STATIC).U8(RT_SCOPE_HOST).U8(RTN_LOCAL).U32(0)
            .Attribute(RTA_OIF, (uint)link)));

    internal void AddDefault(int link, IPAddress gateway, byte table) =>
        Check($"default route via {gateway}", _socket.Request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, m => m
            .U8(Family(gateway)).U8(0).U8(0).U8(0).U8(table).U8(RTPROT_STATIC).U8(RT_SCOPE_UNIVERSE).U8(RTN_UNICAST).U32(RTNH_F_ONLINK)
            .Attribute(RTA_GATEWAY, gateway.GetAddressBytes())
            .Attribute(RTA_OIF, (uint)link)));

    internal void AddNeighbour(int link, IPAddress address, byte[] hardwareAddress) =>
        Check($"neighbour {address}", _socket.Request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, m => m
            .U8(Family(address)).Zeros(3).U32((uint)link).U16(NUD_PERMANENT).U8(0).U8(0)
            .Attribute(NDA_DST, address.GetAddressBytes())
            .Attribute(NDA_LLADDR, hardwareAddress)));

    /// <summary>A rule that sends a lookup to a table; with <paramref name="inputDevice"/> lo it matches what this host sends.</summary>
    internal void AddRule(byte family, uint priority, byte table, string? inputDevice) =>
        Check($"rule {priority}", _socket.Request(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, m => m.Rule(family, priority, table, inputDevice)));

    internal void DeleteRule(byte family, uint priority, byte table) =>
        Check($"rule {priority}", _socket.Request(RTM_DELRULE, 0, m => m.Rule(family, priority, table, inputDevice: null)));

    private static byte Family(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? (byte)SocketConstants.AF_INET : (byte)SocketConstants.AF_INET6;

    private static void Check(string target, Errno errno)
    {
        if (errno != Errno.None)
        {
            throw LinuxErrors.Refused("rtnetlink", errno, target);
        }
    }
}
