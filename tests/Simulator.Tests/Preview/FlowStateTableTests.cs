using System.Runtime.CompilerServices;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Tests.Preview;

public sealed class FlowStateTableTests
{
    [Fact]
    public void A_state_has_48_bytes() => Assert.Equal(48, Unsafe.SizeOf<FlowState>());

    [Fact]
    public void A_table_holds_what_a_dictionary_holds()
    {
        // Few values per field, so that most draws meet a flow that is there, and neighbours differ in one field only.
        Xoshiro256 random = new(5);
        FlowStateTable table = new();
        Dictionary<FlowKey, ushort> expected = [];
        for (int draw = 0; draw < 50_000; draw++)
        {
            FlowKey key = new(
                random.NextBelow(2u) == 0 ? IpFamily.V4 : IpFamily.V6,
                random.NextBelow(2u) == 0 ? TransportProtocol.Tcp : TransportProtocol.Udp,
                new UInt128(random.NextBelow(3u), random.NextBelow(5u)),
                new UInt128(random.NextBelow(3u), random.NextBelow(5u)),
                (ushort)random.NextBelow(7u),
                (ushort)random.NextBelow(7u));
            ushort row = (ushort)random.NextBelow(5u);
            Assert.Equal(expected.ContainsKey(key), table.Contains(key));
            ref FlowState state = ref table.FindOrAdd(key, row, out bool isNew);
            Assert.Equal(expected.TryAdd(key, row), isNew);
            Assert.Equal((expected[key], expected[key]), (state.First, state.Last));
        }

        Assert.Equal(expected.Count, table.Count);
        Assert.True(expected.Count > 10_000);
        (long[] byRow, long moved) = table.CountByRow(5);
        Assert.Equal(Enumerable.Range(0, 5).Select(row => (long)expected.Values.Count(value => value == row)), byRow);
        Assert.Equal(0, moved);
    }
}
