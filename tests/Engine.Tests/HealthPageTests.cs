using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Tests;

/// <summary>What the doctor can find has a page each, which says the same. With REUSEPORTPS_UPDATE_DOCS=1 the pages are written.</summary>
public sealed class HealthPageTests
{
    private static readonly string s_folder = RepositoryRoot.Combine("docs", "diagnostics");

    [Fact]
    public void Pages_say_what_the_table_says()
    {
        if (Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1")
        {
            foreach (DiagnosticDefinition definition in HealthFindings.All)
            {
                File.WriteAllText(Page(definition), definition.ToMarkdown());
            }
        }

        Assert.All(HealthFindings.All, definition => Assert.Equal(definition.ToMarkdown(), File.ReadAllText(Page(definition)).ReplaceLineEndings("\n")));
    }

    [Fact]
    public void Each_code_is_there_once_and_in_order()
    {
        Assert.Equal(Enumerable.Range(5340, HealthFindings.All.Length).Select(number => $"RPS{number}"), HealthFindings.All.Select(definition => definition.Code));
        Assert.Equal(HealthFindings.All.Length, typeof(HealthFindings).GetFields().Count(field => field.FieldType == typeof(DiagnosticDefinition)));
    }

    private static string Page(DiagnosticDefinition definition) => Path.Combine(s_folder, definition.Code + ".md");
}
