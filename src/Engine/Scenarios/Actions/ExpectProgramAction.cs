using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>The program of a kernel group.</summary>
internal sealed record ExpectProgramAction(string Socket, string Program) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "expect-program", "Holds the program of a socket's group to one of the scenario.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket), "A member of the group.", true),
            new("program", FieldKinds.Text, "The program's name, `none`, or `classic`.", true),
        ],
        fields => new ExpectProgramAction(fields.Get<string>("socket"), fields.Get<string>("program")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        Attachment attachment = host.Backend.InspectAttachment(host.Record(Socket));
        return Observation.Of(Program, attachment.State switch
        {
            AttachmentState.None => "none",
            AttachmentState.Classic => "classic",
            AttachmentState.Program => host.NameOfProgram(attachment.ProgramId),
            _ => $"cannot be seen: {attachment.Reason}",
        });
    }
}
