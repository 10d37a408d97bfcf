using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Tests.Packets;

public sealed class AddressPrefixTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.1.2", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("0.0.0.0/0", "255.255.255.255", true)]
    [InlineData("0.0.0.0/0", "::", false)]
    [InlineData("::/0", "ffff::1", true)]
    [InlineData("::/0", "1.2.3.4", false)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("2001:db8::1/128", "2001:db8::1", true)]
    [InlineData("2001:db8::1/128", "2001:db8::", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.1", false)]
    public void Contains_the_addresses_of_the_prefix(string text, string address, bool expected)
    {
        Assert.True(AddressPrefix.TryParse(text, out AddressPrefix prefix));
        IPAddress parsed = IPAddress.Parse(address);
        IpFamily family = parsed.GetAddressBytes().Length == 4 ? IpFamily.V4 : IpFamily.V6;
        Assert.Equal(expected, prefix.Contains(family, FlowKey.ToNumber(parsed)));
    }

    [Theory]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("10.1.2.3", "10.1.2.3/32")]
    [InlineData("2001:db8::1/32", "2001:db8::/32")]
    [InlineData("::1", "::1/128")]
    public void Reads_and_prints(string text, string printed)
    {
        Assert.True(AddressPrefix.TryParse(text, out AddressPrefix prefix));
        Assert.Equal(printed, prefix.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/8")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("::/129")]
    [InlineData("10.1/16")]
    [InlineData("010.0.0.1")]
    [InlineData("0x0a000001")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]:80")]
    [InlineData("example.org")]
    public void Refuses_what_is_not_an_address(string? text) => Assert.False(AddressPrefix.TryParse(text, out _));
}
