namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>What reading a value needs beside the value.</summary>
internal sealed class FieldContext(FindingLog findings, DeclaredNames names, ScenarioInputs inputs)
{
    public FindingLog Findings { get; } = findings;

    public DeclaredNames Names { get; } = names;

    public ScenarioInputs Inputs { get; } = inputs;

    /// <summary>Whether the step is to be refused: what it would make will not be there.</summary>
    public bool MayBeRefused { get; set; }
}
