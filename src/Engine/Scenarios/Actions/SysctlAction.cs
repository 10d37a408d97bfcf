using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>A sysctl of the case's namespace.</summary>
internal sealed record SysctlAction(string Name, long Value) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "sysctl", "Sets a sysctl of the network namespace, which is the case's own.",
        [
            new("name", FieldKinds.Word("net.ipv4.tcp_migrate_req", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_fastopen"), "Its name.", true),
            new("value", FieldKinds.Number, "Its value.", true),
        ],
        fields => new SysctlAction(fields.Get<string>("name"), fields.Get<long>("value")));

    public Observation? Run(ScenarioHost host)
    {
        host.Network.SetSysctl(Name, Value);
        return null;
    }
}
