using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Yaml;

/// <summary>What bad input gets: a code, a place and a remedy.</summary>
public sealed class PolicyYamlErrorTests
{
    /// <summary>Codes that no short text can have; each has a test of its own.</summary>
    private static readonly string[] s_elsewhere =
    [
        PolicyDiagnostics.TooLarge.Code, PolicyDiagnostics.MoreFindings.Code, PolicyDiagnostics.SlotBeyondGroup.Code,
        PolicyDiagnostics.WeightsTooFine.Code, PolicyDiagnostics.TooManyRules.Code, PolicyDiagnostics.ListTooLarge.Code, PolicyDiagnostics.BadSlotCount.Code, PolicyDiagnostics.TablesTooLarge.Code, PolicyDiagnostics.BadFlowTable.Code,
    ];

    public static TheoryData<string, string, int, int, string> Cases { get; } = ReadCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Text_gets_the_code_at_the_place(string title, string code, int line, int column, string text)
    {
        PolicyReading reading = PolicyYaml.Read(text, "bad.yaml");

        Diagnostic? found = reading.Diagnostics.FirstOrDefault(d => d.Code == code);
        Assert.True(found is not null, $"{title}: expected {code}, got {string.Join("; ", reading.Diagnostics)}");
        Assert.Equal($"bad.yaml:{line}:{column}", found.Location?.ToString());
        Assert.False(string.IsNullOrWhiteSpace(found.Remedy), $"{title}: no remedy");
        Assert.Equal(found.Severity == DiagnosticSeverity.Error, reading.Policy is null);
    }

    [Fact]
    public void Every_code_has_a_case()
    {
        IEnumerable<string> covered = Cases.Select(c => c.Data.Item2).Concat(s_elsewhere).Distinct();
        Assert.Equal(PolicyDiagnostics.All.Select(d => d.Code).Order(), covered.Order());
    }

    [Fact]
    public void All_errors_are_reported_at_once()
    {
        PolicyReading reading = PolicyYaml.Read("polcy: a\nprotocol: x\notherwise: { by: slot, slot: -1 }\n");
        Assert.Equal(["RPS4005", "RPS4008", "RPS4013"], reading.Diagnostics.Select(d => d.Code));
        Assert.Equal("line 1:1: error RPS4005: A policy has no key 'polcy'. Did you mean 'policy'?", reading.Diagnostics[0].ToString());
    }

    [Fact]
    public void What_no_program_can_do_is_refused()
    {
        Diagnostic unseated = Assert.Single(PolicyYaml.Read("otherwise: { by: hash }\nunseated: kernel\n").Diagnostics);
        Assert.Equal((PolicyDiagnostics.UnseatedByKernel.Code, "No program can give traffic to members without a seat."), (unseated.Code, unseated.Message));
        Assert.Equal(PolicyDiagnostics.UnknownWord.Code, Assert.Single(PolicyYaml.Read("otherwise: { by: hash }\nunseated: hash\n").Diagnostics).Code);
    }

    [Fact]
    public void What_these_say_by_default_may_be_said() =>
        Assert.NotNull(PolicyYaml.Read("otherwise: { by: hash }\nmigrate: off\nunseated: none\nobserve: { counters: true }\n").Policy);

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void Deep_nesting_is_refused(char open, char close)
    {
        string text = "a: " + string.Concat(Enumerable.Repeat(open == '{' ? "{a: " : "[", 200_000)) + new string(close, 200_000);
        Diagnostic only = Assert.Single(PolicyYaml.Read(text).Diagnostics);
        Assert.Equal(PolicyDiagnostics.TooLarge.Code, only.Code);
        Assert.Equal(1, only.Location?.Line);
    }

    [Fact]
    public void Deep_nesting_by_indentation_is_refused()
    {
        StringBuilder text = new();
        for (int depth = 0; depth < 300; depth++)
        {
            text.Append(' ', depth).Append("a:\n");
        }

        Assert.Equal(PolicyDiagnostics.TooLarge.Code, Assert.Single(PolicyYaml.Read(text.ToString()).Diagnostics).Code);
    }

    [Fact]
    public void Long_texts_and_values_are_refused()
    {
        Assert.Equal(PolicyDiagnostics.TooLarge.Code, Assert.Single(PolicyYaml.Read(new string('#', YamlDocument.LongestText + 1)).Diagnostics).Code);
        Assert.Equal(PolicyDiagnostics.TooLarge.Code, Assert.Single(PolicyYaml.Read($"policy: {new string('a', YamlDocument.LongestValue + 1)}").Diagnostics).Code);
        string many = "otherwise: [" + string.Concat(Enumerable.Repeat("1,", YamlDocument.MostNodes)) + "]";
        Assert.Equal(PolicyDiagnostics.TooLarge.Code, Assert.Single(PolicyYaml.Read(many).Diagnostics).Code);
    }

    [Fact]
    public void A_flood_of_findings_is_cut()
    {
        string text = "otherwise: { by: hash }\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"key{i}: 1\n"));
        PolicyReading reading = PolicyYaml.Read(text);
        Assert.Equal(101, reading.Diagnostics.Length);
        Assert.Equal((PolicyDiagnostics.MoreFindings.Code, "There are 400 more findings."), (reading.Diagnostics[^1].Code, reading.Diagnostics[^1].Message));
    }

    [Fact]
    public void Too_many_rules_are_refused()
    {
        string rules = string.Concat(Enumerable.Range(0, PolicyValidator.MostRules + 1).Select(i => $"  - {{ when: {{ source-port: {i} }}, reject: true }}\n"));
        Assert.Contains(PolicyYaml.Read($"otherwise: {{ by: hash }}\nrules:\n{rules}").Diagnostics, d => d.Code == PolicyDiagnostics.TooManyRules.Code);
    }

    [Fact]
    public void A_list_of_more_than_a_million_prefixes_is_refused()
    {
        EquatableArray<AddressPrefix> prefixes = Enumerable.Range(0, PolicyValidator.MostPrefixes + 1)
            .Select(i => new AddressPrefix(Engine.Packets.IpFamily.V4, (UInt128)i, 32)).ToEquatableArray();
        SteeringPolicy policy = new()
        {
            Lists = [new AddressList("a", prefixes)],
            Rules = [new PolicyRule("r", new PolicyMatch { Source = new AddressMatch([], ["a"]) }, new RejectAction())],
            Otherwise = new RejectAction(),
        };
        Assert.Equal(PolicyDiagnostics.ListTooLarge.Code, Assert.Single(PolicyValidator.Validate(policy)).Code);
    }

    private static TheoryData<string, string, int, int, string> ReadCases()
    {
        using Stream stream = typeof(PolicyYamlErrorTests).Assembly.GetManifestResourceStream("bad-policies.txt")!;
        using StreamReader reader = new(stream);
        TheoryData<string, string, int, int, string> cases = [];
        foreach (string part in reader.ReadToEnd().Split("\n=== ").Skip(1))
        {
            string head = part.Split('\n')[0];
            string[] words = head.Split(' ', 3);
            int[] place = [.. words[1].TrimEnd(',').Split(':').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
            cases.Add(words[2], words[0], place[0], place[1], part[head.Length..].TrimStart('\n') + "\n");
        }

        return cases;
    }
}
