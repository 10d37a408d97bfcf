using CsCheck;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Simulator.Tests.Hashing;

/// <summary>Many at once against one by one, which <see cref="FlowHashTests"/> holds to the kernel.</summary>
public sealed class FlowColumnsTests
{
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, false, true)]
    [InlineData(false, true, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(true, true, true)]
    public void Columns_give_what_single_flows_give(bool tcp, bool v6, bool wildcard)
    {
        TransportProtocol protocol = tcp ? TransportProtocol.Tcp : TransportProtocol.Udp;
        IpFamily family = v6 ? IpFamily.V6 : IpFamily.V4;
        Gen<UInt128> address = Gen.Select(Gen.ULong, Gen.ULong, (high, low) => v6 ? new UInt128(high, low) : (uint)low);
        Gen<FlowKey> flow = Gen.Select(address, address, Gen.UShort, Gen.UShort, (from, to, fromPort, toPort) => new FlowKey(family, protocol, from, to, fromPort, toPort));
        Gen<HashSecrets> secrets = Gen.ULong.Select(HashSecrets.FromSeed);
        Gen.Select(flow.Array[0, 40], secrets, Gen.UInt, Gen.Frequency((3, Gen.Int[1, 40]), (1, Gen.Int[1, 65535]))).Sample((flows, host, mix, members) =>
        {
            FlowColumns columns = new(protocol, family, flows.Length + 3, wildcard);
            Array.ForEach(flows, one => columns.Add(one));
            uint[] hashes = new uint[flows.Length];
            uint[] positions = new uint[flows.Length];
            columns.Hash(host, mix, hashes);
            columns.Choose(host, mix, members, positions);
            for (int i = 0; i < flows.Length; i++)
            {
                FlowKey one = flows[i];
                uint hash = FlowHash.Compute(host, mix, protocol, family, wildcard ? 0 : one.Destination, one.DestinationPort, one.Source, one.SourcePort);
                Assert.Equal(hash, hashes[i]);
                Assert.Equal((uint)(((ulong)hash * (uint)members) >> 32), positions[i]);
            }
        });
    }

    [Fact]
    public void Other_flows_and_one_too_many_are_refused()
    {
        FlowColumns columns = new(TransportProtocol.Udp, IpFamily.V4, 1);
        FlowKey flow = new(IpFamily.V4, TransportProtocol.Udp, 1, 2, 3, 4);
        Assert.Throws<ArgumentException>(() => columns.Add(flow with { Protocol = TransportProtocol.Tcp }));
        Assert.Throws<ArgumentException>(() => columns.Add(flow with { Family = IpFamily.V6 }));
        columns.Add(flow);
        Assert.Throws<InvalidOperationException>(() => columns.Add(flow));
        Assert.Throws<ArgumentOutOfRangeException>(() => columns.Choose(HashSecrets.FromSeed(1), 0, 65536, new uint[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => columns.Hash(HashSecrets.FromSeed(1), 0, []));
    }
}
