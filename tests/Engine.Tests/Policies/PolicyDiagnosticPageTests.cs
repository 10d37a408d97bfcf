using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>Each code has one definition, and its page says the same. With REUSEPORTPS_UPDATE_DOCS=1 the pages are written.</summary>
public sealed class PolicyDiagnosticPageTests
{
    [Fact]
    public void Pages_say_what_the_table_says()
    {
        string folder = RepositoryRoot.Combine("docs", "diagnostics");
        if (Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1")
        {
            foreach (DiagnosticDefinition definition in PolicyDiagnostics.All)
            {
                File.WriteAllText(Path.Combine(folder, definition.Code + ".md"), definition.ToMarkdown());
            }
        }

        Assert.Equal(
            PolicyDiagnostics.All.Select(d => d.Code + ".md"),
            Directory.EnumerateFiles(folder, "RPS4*.md").Select(Path.GetFileName).Order());
        Assert.All(PolicyDiagnostics.All, d => Assert.Equal(d.ToMarkdown(), File.ReadAllText(Path.Combine(folder, d.Code + ".md")).ReplaceLineEndings("\n")));
    }

    [Fact]
    public void Table_has_each_code_once_and_none_is_left_out()
    {
        IEnumerable<DiagnosticDefinition> fields = typeof(PolicyDiagnostics).GetFields().Select(f => (DiagnosticDefinition)f.GetValue(null)!);
        Assert.Equal(fields.Select(d => d.Code).Order(), PolicyDiagnostics.All.Select(d => d.Code));
        Assert.Distinct(PolicyDiagnostics.All.Select(d => d.Code));
    }
}
