using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Yaml;

/// <summary>What a language that is written in YAML calls what is wrong with the YAML.</summary>
/// <param name="NotYaml">It is none.</param>
/// <param name="YamlFeature">It uses what the language does not.</param>
/// <param name="TooLarge">It is beyond a limit.</param>
/// <param name="WrongType">Something of another kind stands where a key is expected.</param>
/// <param name="Empty">What to do about an empty text.</param>
public sealed record YamlFindings(
    DiagnosticDefinition NotYaml, DiagnosticDefinition YamlFeature, DiagnosticDefinition TooLarge, DiagnosticDefinition WrongType, string Empty)
{
    /// <summary>Of policies.</summary>
    public static YamlFindings OfPolicies { get; } =
        new(PolicyDiagnostics.NotYaml, PolicyDiagnostics.YamlFeature, PolicyDiagnostics.TooLarge, PolicyDiagnostics.WrongType, "Write a policy.");

    /// <summary>Of scenarios.</summary>
    public static YamlFindings OfScenarios { get; } =
        new(ScenarioDiagnostics.NotYaml, ScenarioDiagnostics.YamlFeature, ScenarioDiagnostics.TooLarge, ScenarioDiagnostics.WrongType, "Write a scenario.");
}
