using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>BPF_PROG_LOAD.</summary>
internal sealed record ProgramAction(string Name, IProgramSource Source) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "program",
        "Loads a program. A map that it declares is the scenario's map of that name; where there is none it is made, and can be used by later steps.",
        [
            new("name", FieldKinds.New(NameKind.Program), "Its name.", true),
            new("text", FieldKinds.Text, "The program as assembler text (docs/assembly.md)."),
            new("file", FieldKinds.Text, "A file with the text, or an object file (.o)."),
            new("policy", FieldKinds.Policy, "A steering policy (docs/policy-reference.md). Its seats are the map `seats`."),
            new("policy-file", FieldKinds.Text, "A file with a policy."),
            new("classic", FieldKinds.Text, "A classic BPF program as text, as `tcpdump -ddd` writes it. It is attached, not loaded."),
            new("select", FieldKinds.Text, "Which program of an object file that has several."),
            new("slots", FieldKinds.Number, "Slots that a policy is compiled for; 4 by default."),
        ],
        fields => ProgramSourceReader.Read(fields) is { } source ? new ProgramAction(fields.Get<string>("name"), source) : null);

    public Observation? Run(ScenarioHost host)
    {
        host.AddProgram(Name, Source.Load(host));
        return null;
    }
}
