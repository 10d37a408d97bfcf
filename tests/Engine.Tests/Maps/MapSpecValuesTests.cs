using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Tests.Maps;

/// <summary>Contents of a map as values in a row, and maps that have none.</summary>
public sealed class MapSpecValuesTests
{
    private static readonly MapSpec s_ring = new("ring", MapType.RingBuf, 0, 0, 4096);
    private static readonly MapSpec s_array = new("array", MapType.Array, 4, 4, 2);

    [Fact]
    public void A_map_whose_values_have_no_bytes_has_no_contents()
    {
        Assert.Equal(s_ring, s_ring.WithValues([]));
        Assert.Empty(s_ring.GetEntries());
        Assert.NotNull(MapFactory.Create(s_ring, 1).Map);
    }

    [Fact]
    public void Values_are_entries_from_key_0_on()
    {
        MapSpec spec = s_array.WithValues([1, 0, 0, 0, 2, 0, 0, 0]);
        Assert.Equal(["00000000 01000000", "01000000 02000000"], spec.GetEntries().Select(entry => $"{Convert.ToHexString(entry.Key.AsSpan())} {Convert.ToHexString(entry.Value.AsSpan())}"));
    }

    [Fact]
    public void Part_of_a_value_is_refused()
    {
        Assert.Throws<ArgumentException>(() => s_array.WithValues([1, 0, 0]));
        Assert.Throws<ArgumentException>(() => s_ring.WithValues([1]));
    }
}
