using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Tests.Packets;

public sealed class TraceStatisticsTests
{
    [Fact]
    public void In_words_it_tells_what_there_is()
    {
        Assert.Equal("0 records: 0 packets", TraceStatistics.Empty.ToString());
        TraceStatistics all = new(20, 5, 1, 2, 3, 1, 2, 4) { Reassembled = 2, UnknownLinkType = 1, OtherPartition = 3 };
        Assert.Equal(
            "20 records: 5 packets (4 cut short), 1 filtered, 3 of other parts, 2 of other protocols, 2 fragments put together, 3 fragments left over, 1 not received, 2 malformed, 1 of unknown link types",
            all.ToString());
    }
}
