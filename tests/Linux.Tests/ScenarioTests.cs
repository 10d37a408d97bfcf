using ReuseportPS.Scenarios;

namespace ReuseportPS.Linux.Tests;

/// <summary>Every scenario file, on the kernel; skipped with the reason where the process may not.</summary>
public sealed class ScenarioTests : LinuxTest
{
    public static TheoryData<string, string> Cases() => [.. ScenarioFiles.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_scenario_ends_as_it_says(string file, string name) => ScenarioFiles.Run(file, name, Backend);
}
