namespace ReuseportPS.Linux.Netlink;

/// <summary>One end of a veth pair.</summary>
internal sealed record VethEnd(string Name, int Index, byte[] HardwareAddress);
