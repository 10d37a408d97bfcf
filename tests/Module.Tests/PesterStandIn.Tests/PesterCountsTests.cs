namespace ReuseportPS.Module.Tests.PesterStandIn.Tests;

public sealed class PesterCountsTests
{
    private static readonly Dictionary<string, int> s_recorded = new(StringComparer.Ordinal) { ["Get-A.Tests.ps1"] = 3 };

    [Fact]
    public void A_count_that_is_as_recorded_is_no_problem() => Assert.Null(PesterCounts.Problem(s_recorded, "Get-A.Tests.ps1", 3));

    [Theory]
    [InlineData("Get-A.Tests.ps1", 2, "says that Get-A.Tests.ps1 holds 3 tests; 2 were found")]
    [InlineData("Get-B.Tests.ps1", 2, "has no entry for Get-B.Tests.ps1")]
    public void Another_count_or_none_is_a_problem(string file, int found, string problem) =>
        Assert.Contains(problem, PesterCounts.Problem(s_recorded, file, found), StringComparison.Ordinal);

    [Fact]
    public void An_entry_without_a_file_is_a_problem()
    {
        Assert.Empty(PesterCounts.Strays(s_recorded, ["Get-A.Tests.ps1", "Get-B.Tests.ps1"]));
        Assert.Contains("Get-A.Tests.ps1, which is not there", Assert.Single(PesterCounts.Strays(s_recorded, ["Get-B.Tests.ps1"])), StringComparison.Ordinal);
    }
}
