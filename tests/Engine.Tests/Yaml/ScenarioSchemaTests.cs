using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Tests.Yaml;

/// <summary>
/// The schema of scenarios in the hands of a validator that is not this project's: python3-jsonschema. It takes what the parser takes, and refuses what is
/// wrong by itself; names that nobody made, programs and YAML are the parser's business alone.
/// </summary>
public sealed class ScenarioSchemaTests
{
    private const string Python = "/usr/bin/python3"; // Where Debian's packages are seen.

    private static readonly string[] s_seenBySchema =
    [
        ScenarioDiagnostics.UnknownKey.Code, ScenarioDiagnostics.MissingKey.Code, ScenarioDiagnostics.WrongType.Code, ScenarioDiagnostics.UnknownWord.Code,
        ScenarioDiagnostics.UnknownVersion.Code, ScenarioDiagnostics.OneAction.Code,
    ];

    [Fact]
    public void Every_scenario_is_valid()
    {
        string[] files = [.. new[] { RepositoryRoot.Combine("tests", "Scenarios"), RepositoryRoot.Combine("examples", "scenarios") }
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];

        string[] mistakes = Validate(files.Select(File.ReadAllText));

        Assert.True(files.Length > 20);
        Assert.Equal([], files.Zip(mistakes).Where(pair => pair.Second.Length > 0).Select(pair => $"{pair.First}: {pair.Second}"));
    }

    [Fact]
    public void What_the_parser_refuses_by_its_form_is_invalid()
    {
        (string Code, string Text)[] wrong = [.. ScenarioYamlTests.Mistakes.Select(row => (row.Data.Item1, row.Data.Item4)).Where(row => s_seenBySchema.Contains(row.Item1))];

        string[] mistakes = Validate(wrong.Select(row => row.Text));

        Assert.Equal([], wrong.Zip(mistakes).Where(pair => pair.Second.Length == 0).Select(pair => pair.First));
    }

    /// <summary>The first mistake of each text, empty for none.</summary>
    private static string[] Validate(IEnumerable<string> texts)
    {
        Assert.SkipUnless(File.Exists(Python), $"Needs {Python} with python3-jsonschema and python3-yaml.");
        JsonObject order = new()
        {
            ["schema"] = JsonNode.Parse(ScenarioSchema.Write()),
            ["texts"] = JsonSerializer.SerializeToNode(texts),
        };
        ProcessStartInfo start = new(Python, [RepositoryRoot.Combine("tests", "Engine.Tests", "Yaml", "validate.py")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            process.StandardInput.Write(order.ToJsonString());
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read; its standard error says why.
        }

        process.WaitForExit();
        Assert.SkipWhen(errors.Result.Contains("ModuleNotFoundError", StringComparison.Ordinal), $"Needs python3-jsonschema and python3-yaml: {errors.Result.Trim().Split('\n')[^1]}");
        Assert.True(process.ExitCode == 0, errors.Result);
        return output.Result.Split('\n')[..^1];
    }
}
