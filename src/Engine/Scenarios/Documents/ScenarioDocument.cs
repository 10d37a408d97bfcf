using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>Gives a document the meaning of a scenario.</summary>
public static class ScenarioDocument
{
    /// <summary>The version of the language.</summary>
    public const int LanguageVersion = 1;

    /// <summary>Most cases of one scenario.</summary>
    public const int MostCases = 10_000;

    /// <summary>Reads a scenario. Never throws for what is in the document.</summary>
    /// <param name="root">The document.</param>
    /// <param name="name">Its name when it gives none.</param>
    /// <param name="inputs">What it may refer to.</param>
    public static ScenarioReading Read(DocumentNode root, string name, ScenarioInputs inputs)
    {
        ScenarioReader reader = new(inputs);
        Scenario? scenario = reader.Read(root, name);
        return new ScenarioReading(reader.HasErrors ? null : scenario, reader.Findings);
    }
}
