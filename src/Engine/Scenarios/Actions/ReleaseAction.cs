using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>Closes the handle on a map or a program.</summary>
internal sealed record ReleaseAction(string Name) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "release", "Closes the handle on a map or a program. Who else holds it, such as a group that it is attached to, keeps it.",
        [new("name", FieldKinds.Known(NameKind.Map, NameKind.Program), "The map or program.", true)],
        fields => new ReleaseAction(fields.Get<string>("name")));

    private static readonly TimeSpan s_worker = TimeSpan.FromMilliseconds(300);

    public Observation? Run(ScenarioHost host)
    {
        if (host.FindMap(Name) is null)
        {
            host.ReleaseProgram(Name);
        }
        else
        {
            host.ReleaseMap(Name);
            if (host.Backend.Info.Kind == BackendKind.Linux)
            {
                // The kernel frees a map in a worker of its own, which on a busy machine runs long after the readers are done.
                host.Backend.LetTimePass(s_worker);
            }
        }

        // What the last handle held is free after a grace period.
        host.Backend.WaitForReaders();
        return null;
    }
}
