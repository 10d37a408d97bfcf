using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>What a scenario may refer to beside its own text.</summary>
/// <param name="ReadFile">The bytes of a file named relative to the scenario; null when it cannot be read.</param>
/// <param name="ReadYaml">A YAML text as a document: text, name for messages; on failure a finding and no document.</param>
public sealed record ScenarioInputs(
    Func<string, byte[]?> ReadFile, Func<string, string, (DocumentNode? Document, Diagnostic? Problem)> ReadYaml);
