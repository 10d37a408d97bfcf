using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Engine.Scenarios.Documents;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Yaml;

/// <summary>Reading scenarios, and that schema and page say what the parser reads. With REUSEPORTPS_UPDATE_DOCS=1 both are written.</summary>
public sealed class ScenarioYamlTests
{
    private const string Begin = "<!-- actions: made from the parser's table -->\n";
    private const string End = "<!-- end of actions -->\n";

    private static readonly string s_schema = RepositoryRoot.Combine("docs", "scenario.schema.json");
    private static readonly string s_page = RepositoryRoot.Combine("docs", "scenarios.md");

    /// <summary>Codes that no text of one line can have.</summary>
    private static readonly string[] s_elsewhere = [ScenarioDiagnostics.TooLarge.Code, ScenarioDiagnostics.MoreFindings.Code];

    public static TheoryData<string, int, int, string> Mistakes { get; } = new()
    {
        { "RPS7001", 2, 11, "version: 1\nsteps: [ ]]\n" },
        { "RPS7002", 2, 8, "version: 1\nsteps: &a [ { close: a } ]\n" },
        { "RPS7004", 3, 33, "version: 1\nsteps:\n  - map: { name: m, entries: 2, entries: 3 }\n" },
        { "RPS7005", 3, 5, "version: 1\nsteps:\n  - opne: { socket: a }\n" },
        { "RPS7005", 3, 21, "version: 1\nsteps:\n  - map: { name: m, entires: 3 }\n" },
        { "RPS7006", 1, 1, "version: 1\n" },
        { "RPS7006", 3, 11, "version: 1\nsteps:\n  - open: { socket: a }\n" },
        { "RPS7007", 3, 30, "version: 1\nsteps:\n  - map: { name: m, entries: [1] }\n" },
        { "RPS7007", 2, 8, "version: 1\nsteps: 4\n" },
        { "RPS7008", 3, 36, "version: 1\nsteps:\n  - create: { socket: a, protocol: sctp }\n" },
        { "RPS7008", 4, 12, "version: 1\nsteps:\n  - map: m\n    errno: ENOPE\n" },
        { "RPS7008", 2, 8, "version: 1\nneeds: magic\nsteps: [ { map: m } ]\n" },
        { "RPS7009", 3, 28, "version: 1\nsteps:\n  - open: { socket: a, at: 127.0.0.1:5000 }\n" },
        { "RPS7009", 3, 28, "version: 1\nsteps:\n  - open: { socket: a, at: 'udp ::1:5000' }\n" },
        { "RPS7009", 3, 21, "version: 1\nsteps:\n  - open: { socket: empty, at: 'udp [::1]:5000' }\n" },
        { "RPS7010", 1, 10, "version: 2\nsteps: [ { map: m } ]\n" },
        { "RPS7011", 3, 10, "version: 1\nsteps:\n  - map: $(name)\n" },
        { "RPS7011", 2, 14, "version: 1\nvalues: { a: $(a) }\nsteps:\n  - map: $(a)\n" },
        { "RPS7012", 4, 12, "version: 1\nsteps:\n  - open: { socket: web, at: 'udp [::1]:5000' }\n  - close: wbe\n" },
        { "RPS7013", 4, 10, "version: 1\nsteps:\n  - open: { socket: m, at: 'udp [::1]:5000' }\n  - map: m\n" },
        { "RPS7014", 3, 5, "version: 1\nsteps:\n  - map: m\n    freeze: m\n" },
        { "RPS7014", 3, 5, "version: 1\nsteps:\n  - note: nothing\n" },
        { "RPS7015", 3, 31, "version: 1\nsteps:\n  - program: { name: p, text: 'r0 = ' }\n" },
        { "RPS7016", 3, 31, "version: 1\nsteps:\n  - program: { name: p, file: none.o }\n" },
        { "RPS7017", 5, 12, "version: 1\nsteps:\n  - map: m\n  - expect-value: { map: m, value: 1 }\n    errno: EPERM\n" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_gets_code_place_and_remedy(string code, int line, int column, string text)
    {
        ScenarioReading reading = ScenarioYaml.Read(text, "bad", "bad.yaml");

        Assert.Null(reading.Scenario);
        Diagnostic? found = reading.Diagnostics.FirstOrDefault(finding => finding.Code == code);
        Assert.True(found is not null, $"expected {code}, got {string.Join("; ", reading.Diagnostics)}");
        Assert.Equal($"bad.yaml:{line}:{column}", found.Location?.ToString());
        Assert.False(string.IsNullOrWhiteSpace(found.Remedy));
    }

    [Fact]
    public void Every_code_has_a_mistake() => Assert.Equal(
        ScenarioDiagnostics.All.Select(definition => definition.Code),
        Mistakes.Select(row => row.Data.Item1).Concat(s_elsewhere).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Parameters_multiply_the_cases()
    {
        ScenarioReading reading = ScenarioYaml.Read(
            "version: 1\nvalues: { n: 8 }\nmatrix: { a: [1, 2], b: [3, 4, 5] }\ncases: [ { name: x, n: 9 }, { c: 7 } ]\nsteps:\n  - map: { name: m, entries: $(n) }\n", "many");

        Assert.Empty(reading.Diagnostics);
        Assert.Equal(12, reading.Scenario!.Cases.Length);
        Assert.Equal(["a=1, b=3, x", "a=1, b=3, c=7"], reading.Scenario.Cases.Take(2).Select(each => each.Name));
        Assert.Equal(["map m, entries 9", "map m, entries 8"], reading.Scenario.Cases.Take(2).Select(each => each.Steps[0].Text));
    }

    [Fact]
    public void Parameters_cannot_grow_without_end()
    {
        string values = string.Join(", ", Enumerable.Range(1, 15).Select(i => $"v{i}: [ $(v{i - 1}), $(v{i - 1}), $(v{i - 1}), $(v{i - 1}) ]"));
        ScenarioReading reading = ScenarioYaml.Read($"version: 1\nvalues: {{ v0: [ {{ map: m }} ], {values} }}\nsteps:\n  - $(v15)\n", "large");

        Assert.Null(reading.Scenario);
        Assert.Contains(ScenarioDiagnostics.TooLarge.Code, reading.Diagnostics.Select(finding => finding.Code));
    }

    [Fact]
    public void The_schema_is_that_of_the_parser()
    {
        string schema = ScenarioSchema.Write();
        if (Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(s_schema, schema);
        }

        Assert.Equal(schema, File.ReadAllText(s_schema).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void The_page_lists_the_actions_of_the_parser()
    {
        string page = File.ReadAllText(s_page).ReplaceLineEndings("\n");
        int from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int to = page.IndexOf(End, StringComparison.Ordinal);
        string actions = ScenarioPage.WriteActions();
        if (Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1")
        {
            page = page[..from] + actions + page[to..];
            to = from + actions.Length;
            File.WriteAllText(s_page, page);
        }

        Assert.Equal(actions, page[from..to]);
    }
}
