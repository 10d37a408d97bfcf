using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Yaml;

/// <summary>Policies as YAML. Reading what was written gives an equal policy.</summary>
public static class PolicyYaml
{
    /// <summary>Reads a policy and validates it. Never throws for what is in the text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="source">What to call it in messages, for example a file name.</param>
    public static PolicyReading Read(string text, string? source = null)
    {
        DocumentNode? document = YamlDocument.Read(text, source, out Diagnostic? problem);
        return document is null ? new PolicyReading(null, [problem!]) : PolicyDocument.Read(document);
    }

    /// <summary>Writes a policy.</summary>
    public static string Write(SteeringPolicy policy) => YamlDocument.Write(PolicyDocument.Write(policy));
}
