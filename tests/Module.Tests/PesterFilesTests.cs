using ReuseportPS.Module.Tests.PesterStandIn;

namespace ReuseportPS.Module.Tests;

/// <summary>Runs tests/Pester: a result for each file as a whole and one for each It.</summary>
public sealed class PesterFilesTests
{
    private const string NoFile = "tests/Pester holds no file that can be run.";
    private static readonly IReadOnlyDictionary<string, int> s_counts = PesterCounts.Read(Path.Combine(Repository.PesterFolder, PesterCounts.FileName));

    public static IEnumerable<TheoryDataRow<string>> Files() =>
        PesterFiles.Names.Select(name => new TheoryDataRow<string>(name) { TestDisplayName = $"{name}: the file", Label = "", Skip = RealPester.StepAsideReason })
            .DefaultIfEmpty(new("") { Skip = NoFile });

    public static IEnumerable<TheoryDataRow<string, int>> Its() =>
        (RealPester.StepAsideReason is not null ? [] : PesterFiles.Names)
            .SelectMany(name => PesterFiles.Get(name).Tests.Select((test, index) =>
                new TheoryDataRow<string, int>(name, index) { TestDisplayName = $"{name}: {test.FullName}", Label = "" }))
            .DefaultIfEmpty(new("", 0) { Skip = RealPester.StepAsideReason ?? NoFile });

    [Theory]
    [MemberData(nameof(Files))]
    public void File(string name)
    {
        PesterFile file = PesterFiles.Get(name);
        string? count = file.Tests.Count > 0 ? PesterCounts.Problem(s_counts, name, file.Tests.Count) : null;
        NoProblem([.. file.Errors, .. count is null ? Array.Empty<string>() : [count]]);
    }

    [Theory]
    [MemberData(nameof(Its))]
    public void It(string name, int index)
    {
        PesterTest test = PesterFiles.Get(name).Results[index];
        Assert.SkipWhen(test.Outcome == PesterOutcome.Skipped, test.Reason);
        Assert.True(test.Outcome == PesterOutcome.Passed, test.Reason);
    }

    [Fact]
    public void There_are_files_and_each_count_is_of_one()
    {
        Assert.NotEmpty(PesterFiles.Names);
        NoProblem([.. PesterCounts.Strays(s_counts, PesterFiles.Names)]);
    }

    private static void NoProblem(IReadOnlyCollection<string> problems) =>
        Assert.True(problems.Count == 0, string.Join(Environment.NewLine, problems));
}
