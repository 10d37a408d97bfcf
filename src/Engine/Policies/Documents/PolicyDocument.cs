using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>Gives a document the meaning of a policy, and makes the document of one. YAML and hashtables share it.</summary>
public static class PolicyDocument
{
    /// <summary>Reads a policy and validates it.</summary>
    /// <param name="root">The document.</param>
    public static PolicyReading Read(DocumentNode root)
    {
        PolicyDocumentReader reader = new();
        SteeringPolicy? policy = reader.ReadPolicy(root);
        if (policy is not null && !reader.Diagnostics.HasErrors)
        {
            foreach (Diagnostic diagnostic in PolicyValidator.Validate(policy))
            {
                reader.Diagnostics.Add(diagnostic);
            }
        }

        return new PolicyReading(reader.Diagnostics.HasErrors ? null : policy, reader.Diagnostics.ToImmutable());
    }

    /// <summary>The document of a policy: reading it gives an equal policy. What has its default value is left out.</summary>
    public static DocumentMap Write(SteeringPolicy policy) => PolicyDocumentWriter.Write(policy);
}
