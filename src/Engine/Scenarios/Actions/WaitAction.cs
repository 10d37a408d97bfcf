using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>Lets time pass: what a timer of the kernel does needs it.</summary>
internal sealed record WaitAction(TimeSpan Time) : IScenarioAction
{
    private const int LongestMilliseconds = 60_000;

    public static ActionDefinition Definition { get; } = new(
        "wait", "Lets time pass, for a timer of the kernel. Nothing else needs it: what must come is waited for.",
        [new("milliseconds", FieldKinds.Number, "How long; at most 60,000.", true)],
        fields =>
        {
            long milliseconds = fields.Get<long>("milliseconds");
            if (milliseconds is >= 0 and <= LongestMilliseconds)
            {
                return new WaitAction(TimeSpan.FromMilliseconds(milliseconds));
            }

            fields.Context.Findings.Report(ScenarioDiagnostics.BadValue, fields.Place, "A wait is 0 to 60,000 milliseconds long.");
            return null;
        });

    public Observation? Run(ScenarioHost host)
    {
        host.Backend.LetTimePass(Time);
        return null;
    }
}
