using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>The examples are read, mean something, and compile.</summary>
public sealed class ExamplePolicyTests
{
    /// <summary>Each example with the slots that it is made for.</summary>
    public static TheoryData<string, int> Examples { get; } = new()
    {
        { "quickstart.yaml", 4 },
        { "canary.yaml", 8 },
        { "client-affinity.yaml", 4 },
        { "dns-shield.yaml", 4 },
        { "dual-stack.yaml", 4 },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_compiles(string file, int slotCount)
    {
        PolicyReading reading = PolicyYaml.Read(File.ReadAllText(RepositoryRoot.Combine("examples", "policies", file)), file);
        Assert.True(reading.Policy is not null, string.Join('\n', reading.Diagnostics));
        Assert.DoesNotContain(reading.Diagnostics, d => d.Severity > DiagnosticSeverity.Information);
        Assert.Equal(Path.GetFileNameWithoutExtension(file), reading.Policy.Name);
        PolicyCompilation compilation = PolicyCompiler.Compile(reading.Policy, slotCount);
        Assert.NotNull(compilation.Compiled);
        Assert.DoesNotContain(compilation.Diagnostics, d => d.Severity > DiagnosticSeverity.Information);
    }

    [Fact]
    public void Example_of_the_reference_compiles()
    {
        string page = File.ReadAllText(RepositoryRoot.Combine("docs", "policy-reference.md"));
        PolicyReading reading = PolicyYaml.Read(page.Split("```yaml\n")[1].Split("```")[0], "policy-reference.md");
        Assert.Empty(reading.Diagnostics);
        Assert.NotNull(PolicyCompiler.Compile(reading.Policy!, 4).Compiled);
    }

    [Fact]
    public void Every_example_is_tested() => Assert.Equal(
        Directory.EnumerateFiles(RepositoryRoot.Combine("examples", "policies")).Select(Path.GetFileName).Order(),
        Examples.Select(e => e.Data.Item1).Order());
}
