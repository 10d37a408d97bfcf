using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Session;

/// <summary>Policies as YAML text: in files, and in the pins of a group.</summary>
internal static class PolicyFile
{
    /// <summary>How a group's pins keep a policy.</summary>
    public static PolicyText Text { get; } = new(PolicyYaml.Write, text => Read(text, source: null));

    /// <summary>Reads YAML text.</summary>
    /// <exception cref="DiagnosticException">The text is not a policy.</exception>
    public static SteeringPolicy Read(string text, string? source)
    {
        PolicyReading result = PolicyYaml.Read(text, source);
        return result.Policy ?? throw new DiagnosticException(result.Diagnostics);
    }
}
