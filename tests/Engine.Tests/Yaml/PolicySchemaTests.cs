using System.Diagnostics;
using System.Text.Json.Nodes;
using CsCheck;
using ReuseportPS.Engine.Policies.Documents;
using ReuseportPS.Engine.Tests.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Yaml;

/// <summary>The schema that ships in docs/ is made from the parser's words, and takes what the parser takes.</summary>
public sealed class PolicySchemaTests
{
    private const string Script = """
        import json, sys
        import jsonschema
        validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
        jsonschema.Draft202012Validator.check_schema(validator.schema)
        for line in sys.stdin:
            error = next(iter(validator.iter_errors(json.loads(line))), None)
            print("good" if error is None else "bad " + json.dumps(list(error.absolute_path)) + " " + error.message[:200])
        """;

    private static readonly string s_schema = RepositoryRoot.Combine("docs", "policy.schema.json");

    [Fact]
    public void The_schema_is_made_from_the_words_of_the_parser()
    {
        string schema = PolicySchema.Write();
        if (Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(s_schema, schema);
        }

        Assert.Equal(schema, File.ReadAllText(s_schema).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Schema_takes_policies_that_the_parser_takes()
    {
        List<string> documents = [];
        PolicyGen.Case.Sample(test => documents.Add(Json(PolicyDocument.Write(test.Policy))), iter: 400, threads: 1);
        foreach (string file in Directory.GetFiles(RepositoryRoot.Combine("examples", "policies"), "*.yaml"))
        {
            documents.Add(Json(YamlDocument.Read(File.ReadAllText(file), null, out _)!));
        }

        string[] verdicts = Validate(documents);
        Assert.All(documents.Zip(verdicts), pair => Assert.True(pair.Second == "good", $"{pair.Second}\n{pair.First}"));
    }

    [Theory]
    [InlineData("otherwise: { by: hsh }")]
    [InlineData("otherwise: { by: hash, kye: source }")]
    [InlineData("otherwise: { by: hash, slot: 3 }")]
    [InlineData("otherwise: { by: hash }\nrulez: []")]
    [InlineData("rules: []")]
    [InlineData("otherwise: { by: hash }\nrules: [ { when: {}, reject: true } ]")]
    [InlineData("otherwise: { by: hash }\nrules: [ { when: { family: ipv4 } } ]")]
    [InlineData("otherwise: { by: hash }\nrules: [ { when: { fraction: 5 }, reject: true } ]")]
    [InlineData("otherwise: { by: hash }\nrules: [ { when: { bytes: { equals: 0x00 } }, reject: true } ]")]
    [InlineData("otherwise: { by: hash, sticky: { entries: 10 } }")]
    [InlineData("otherwise: { by: least-loaded, stale: 5 }")]
    public void Schema_refuses_what_the_parser_refuses(string text)
    {
        Assert.Null(PolicyYaml.Read(text).Policy);
        Assert.StartsWith("bad", Assert.Single(Validate([Json(YamlDocument.Read(text, null, out _)!)])), StringComparison.Ordinal);
    }

    private static string[] Validate(List<string> documents)
    {
        Assert.SkipUnless(HasValidator(), "Holding the schema to the parser needs python3 with jsonschema (python3-jsonschema).");
        Assert.True(Run(Script, string.Join('\n', documents), out string output, s_schema) == 0, output);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool HasValidator()
    {
        try
        {
            return Run("from jsonschema import Draft202012Validator", "", out _) == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static int Run(string script, string input, out string output, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("python3", ["-W", "ignore", "-c", script, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> text = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        output = process.ExitCode == 0 ? text.Result : error.Result;
        return process.ExitCode;
    }

    // What a YAML editor makes of a value.
    private static string Json(DocumentNode node) => ToJson(node)!.ToJsonString();

    private static JsonNode? ToJson(DocumentNode node) => node switch
    {
        DocumentMap map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, ToJson(e.Value)))),
        DocumentList list => new JsonArray([.. list.Items.Select(ToJson)]),
        DocumentScalar { IsNull: true } => null,
        DocumentScalar { IsQuoted: false, Text: "true" or "false" } scalar => scalar.Text == "true",
        DocumentScalar { IsQuoted: false } scalar when long.TryParse(scalar.Text, out long number) => number,
        DocumentScalar scalar => scalar.Text,
        _ => null,
    };
}
