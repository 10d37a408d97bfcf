using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>SO_ATTACH_REUSEPORT_EBPF and SO_ATTACH_REUSEPORT_CBPF.</summary>
internal sealed record AttachAction(string End, string Program) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "attach", "Attaches a program to the group of a socket, in place of whatever program the group has.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket, NameKind.Connection), "A member of the group.", true),
            new("program", FieldKinds.Known(NameKind.Program), "The program.", true),
        ],
        fields => new AttachAction(fields.Get<string>("socket"), fields.Get<string>("program")));

    public Observation? Run(ScenarioHost host)
    {
        ScenarioProgram program = host.Program(Program);
        if (program.Program is not null)
        {
            host.End(End).AttachProgram(program.Program);
        }
        else
        {
            host.End(End).AttachClassicProgram(program.Classic!);
        }

        return null;
    }
}
