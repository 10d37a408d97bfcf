using System.Management.Automation;
using ReuseportPS.Shell.Hosting;

namespace ReuseportPS.Module.Tests.Shell;

public sealed class ProgressLineTests
{
    [Theory]
    [InlineData(-1, -1, "Replay packets")]
    [InlineData(0, -1, "Replay [                    ] 0% packets")]
    [InlineData(50, 61, "Replay [##########          ] 50% packets 00:01:01 left")]
    [InlineData(100, -1, "Replay [####################] 100% packets")]
    public void ShowsWhatIsKnown(int percent, int seconds, string expected) =>
        Assert.Equal(expected, ProgressLine.Text(new ProgressRecord(1, "Replay", "packets") { PercentComplete = percent, SecondsRemaining = seconds }));
}
