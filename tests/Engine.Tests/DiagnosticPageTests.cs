using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Simulator.Recording;
using ReuseportPS.Simulator.Snapshots;

namespace ReuseportPS.Engine.Tests;

/// <summary>Each code has one definition, and its page says the same. With REUSEPORTPS_UPDATE_DOCS=1 the pages are written.</summary>
public sealed class DiagnosticPageTests
{
    private static readonly string s_folder = RepositoryRoot.Combine("docs", "diagnostics");

    private static readonly Dictionary<string, (Type Table, ImmutableArray<DiagnosticDefinition> All)[]> s_tables = new(StringComparer.Ordinal)
    {
        ["RPS1"] =
        [
            (typeof(InstructionDiagnostics), InstructionDiagnostics.All), (typeof(ProgramDiagnostics), ProgramDiagnostics.All),
            (typeof(AssemblyDiagnostics), AssemblyDiagnostics.All), (typeof(ClassicDiagnostics), ClassicDiagnostics.All),
        ],
        ["RPS2"] = [(typeof(ElfDiagnostics), ElfDiagnostics.All), (typeof(BtfDiagnostics), BtfDiagnostics.All)],
        ["RPS4"] = [(typeof(PolicyDiagnostics), PolicyDiagnostics.All)],
        ["RPS539"] = [(typeof(SnapshotDiagnostics), SnapshotDiagnostics.All)],
        ["RPS7"] = [(typeof(ScenarioDiagnostics), ScenarioDiagnostics.All)],
        ["RPS6"] = [(typeof(TraceDiagnostics), TraceDiagnostics.All)],
    };

    public static TheoryData<string> Tables() => [.. s_tables.Keys];

    [Theory]
    [MemberData(nameof(Tables))]
    public void Pages_say_what_the_table_says(string prefix)
    {
        ImmutableArray<DiagnosticDefinition> all = [.. s_tables[prefix].SelectMany(table => table.All)];
        if (Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1")
        {
            foreach (DiagnosticDefinition definition in all)
            {
                File.WriteAllText(Path.Combine(s_folder, definition.Code + ".md"), definition.ToMarkdown());
            }
        }

        Assert.Equal(all.Select(d => d.Code + ".md"), Directory.EnumerateFiles(s_folder, prefix + "*.md").Select(Path.GetFileName).Order());
        Assert.All(all, d => Assert.Equal(d.ToMarkdown(), File.ReadAllText(Path.Combine(s_folder, d.Code + ".md")).ReplaceLineEndings("\n")));
    }

    [Fact]
    public void Every_code_in_the_sources_has_a_page_and_every_page_a_code()
    {
        IEnumerable<string> codes = Directory.EnumerateFiles(RepositoryRoot.Combine("src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(path => Regex.Matches(File.ReadAllText(path), "\"(?<code>RPS[0-9]{4})\"", RegexOptions.NonBacktracking).Select(match => match.Groups["code"].Value));
        Assert.Equal(codes.Distinct().Order(), Directory.EnumerateFiles(s_folder, "RPS*.md").Select(path => Path.GetFileNameWithoutExtension(path)).Order());
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_has_each_code_once_and_none_is_left_out(string prefix)
    {
        foreach ((Type table, ImmutableArray<DiagnosticDefinition> all) in s_tables[prefix])
        {
            IEnumerable<DiagnosticDefinition> fields = table.GetFields().Select(field => (DiagnosticDefinition)field.GetValue(null)!);
            Assert.Equal(fields.Select(d => d.Code).Order(), all.Select(d => d.Code));
        }

        Assert.Distinct(s_tables[prefix].SelectMany(table => table.All).Select(d => d.Code));
    }
}
