using System.Management.Automation.Runspaces;
using ReuseportPS.Module.Tests.PesterStandIn;
using ReuseportPS.Module.Tests.Syntax;

namespace ReuseportPS.Module.Tests;

/// <summary>Examples and pages name only commands and parameters that exist: the module's, the engine's, the Shell's. Test files are held to the same when they are run.</summary>
public sealed class ScriptsAndPagesTests : IDisposable
{
    // What a page may start that is no command here.
    private static readonly string[] s_programs = ["dotnet", "pwsh", "Invoke-Pester"];

    private Runspace? _runspace;

    public static IEnumerable<TheoryDataRow<string>> Examples() => Rows(Repository.Files(Repository.PathTo("examples"), "*.ps1"))
        .DefaultIfEmpty(new("") { Skip = "There is no script in examples." });

    public static IEnumerable<TheoryDataRow<string>> Pages() =>
        Rows(Repository.Files(Repository.PathTo("docs"), "*.md").Append(Repository.PathTo("README.md")).Where(File.Exists));

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_names_what_exists(string file)
    {
        string path = Repository.PathTo(file);
        _runspace = PesterRunspace.Open(Repository.StagedManifest);
        NoProblem(new ScriptCheck(_runspace).Problems(path, File.ReadAllText(path)));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_names_what_exists(string file)
    {
        string path = Repository.PathTo(file);
        // A page may show a test file.
        _runspace = PesterRunspace.Open(Repository.StagedManifest, new PesterState());
        ScriptCheck check = new(_runspace, s_programs);
        NoProblem([.. FencedCode.PowerShellIn(File.ReadAllText(path)).SelectMany(code => check.Problems(path, code.Code, code.FirstLine))]);
    }

    public void Dispose() => _runspace?.Dispose();

    private static IEnumerable<TheoryDataRow<string>> Rows(IEnumerable<string> files) => files.Select(file => new TheoryDataRow<string>(Repository.Relative(file)));

    private static void NoProblem(IReadOnlyList<string> problems) => Assert.True(problems.Count == 0, string.Join(Environment.NewLine, problems));
}
