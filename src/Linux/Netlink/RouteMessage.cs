using static ReuseportPS.Linux.Netlink.NetlinkConstants;

namespace ReuseportPS.Linux.Netlink;

/// <summary>Fixed parts of rtnetlink messages that are written in more than one place.</summary>
internal static class RouteMessage
{
    /// <summary><c>struct ifinfomsg</c>.</summary>
    internal static NetlinkMessage LinkInfo(this NetlinkMessage message, byte family, int index, uint flags, uint change) =>
        message.U8(family).U8(0).U16(0).U32((uint)index).U32(flags).U32(change);

    /// <summary><c>struct fib_rule_hdr</c> and the attributes that tell rules apart.</summary>
    internal static NetlinkMessage Rule(this NetlinkMessage message, byte family, uint priority, byte table, string? inputDevice)
    {
        message.U8(family).U8(0).U8(0).U8(0).U8(table).U8(0).U8(0).U8(FR_ACT_TO_TBL).U32(0).Attribute(FRA_PRIORITY, priority);
        return inputDevice is null ? message : message.Attribute(FRA_IIFNAME, inputDevice);
    }
}
