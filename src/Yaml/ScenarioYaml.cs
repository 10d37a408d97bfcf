using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Yaml;

/// <summary>Scenarios as YAML.</summary>
public static class ScenarioYaml
{
    /// <summary>Reads a scenario. Never throws for what is in the text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="name">Name of the scenario when it gives none.</param>
    /// <param name="source">What to call it in messages, for example a file name.</param>
    /// <param name="readFile">The bytes of a file that it names; null when it cannot be read. Without it no file can be.</param>
    public static ScenarioReading Read(string text, string name, string? source = null, Func<string, byte[]?>? readFile = null)
    {
        DocumentNode? document = YamlDocument.Read(text, source, YamlFindings.OfScenarios, out Diagnostic? problem);
        return document is null
            ? new ScenarioReading(null, [problem!])
            : ScenarioDocument.Read(document, name, new ScenarioInputs(readFile ?? (_ => null), ReadPolicy));
    }

    private static (DocumentNode? Document, Diagnostic? Problem) ReadPolicy(string text, string source)
    {
        DocumentNode? document = YamlDocument.Read(text, source, out Diagnostic? problem);
        return (document, problem);
    }
}
