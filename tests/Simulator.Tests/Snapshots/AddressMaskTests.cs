using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Tests.Snapshots;

public sealed class AddressMaskTests
{
    [Theory]
    [InlineData(IpFamily.V4, 32)]
    [InlineData(IpFamily.V6, 128)]
    public void Addresses_agree_in_as_many_bits_as_before(IpFamily family, int bits)
    {
        Random random = new(7);
        AddressMask mask = new("key"u8.ToArray());
        for (int pair = 0; pair < 500; pair++)
        {
            UInt128 one = Draw(random, bits);
            UInt128 other = one ^ (UInt128.One << random.Next(bits)) ^ (Draw(random, bits) >> random.Next(bits));
            Assert.Equal(CommonBits(one, other, bits), CommonBits(mask.Mask(family, one), mask.Mask(family, other), bits));
        }
    }

    [Fact]
    public void An_address_in_the_notation_of_the_other_family_is_masked_as_what_it_is()
    {
        AddressMask mask = new("key"u8.ToArray());
        System.Net.IPAddress address = System.Net.IPAddress.Parse("192.0.2.7");
        Assert.Equal(mask.Mask(address), mask.Mask(address.MapToIPv6()).MapToIPv4());
    }

    private static int CommonBits(UInt128 one, UInt128 other, int bits) => (int)UInt128.LeadingZeroCount(one ^ other) - (128 - bits);

    private static UInt128 Draw(Random random, int bits) => new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()) >> (128 - bits);
}
