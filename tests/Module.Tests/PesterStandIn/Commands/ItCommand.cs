using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn.Commands;

[Cmdlet(PesterLanguage.Verb, "It")]
public sealed class ItCommand : DiscoveryCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1)]
    public ScriptBlock Test { get; set; } = null!;

    [Parameter]
    [Alias("TestCases")]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? ForEach { get; set; }

    [Parameter]
    public string[] Tag { get; set; } = [];

    [Parameter]
    public SwitchParameter Skip { get; set; }

    protected override void Collect(PesterState state)
    {
        if (state.Current.Parent is null)
        {
            throw new PesterUsageException($"It '{Name}' stands outside of a Describe.");
        }
        foreach (PesterData data in Data(nameof(ForEach), ForEach, Name))
        {
            string name = NameTemplate.Expand(Name, [.. state.Current.Lineage.Select(around => around.Data), data]);
            state.Current.AddTest(name, Test, data, Skip);
        }
    }
}
