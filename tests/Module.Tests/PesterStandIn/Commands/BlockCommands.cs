using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn.Commands;

[Cmdlet(PesterLanguage.Verb, "Describe")]
public sealed class DescribeCommand : BlockCommand;

[Cmdlet(PesterLanguage.Verb, "Context")]
public sealed class ContextCommand : BlockCommand;

/// <summary>Reads the body of a block at discovery, once per item of -ForEach; what it writes goes nowhere, as in Pester.</summary>
public abstract class BlockCommand : DiscoveryCommand
{
    private static readonly ScriptBlock s_inScope = ScriptBlock.Create(
        "param($______state, $______block, $______body) $______state.Bind($______block.Data, $ExecutionContext); . $______body");

    [Parameter(Mandatory = true, Position = 0)]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1)]
    public ScriptBlock Fixture { get; set; } = null!;

    [Parameter]
    [Alias("Tags")]
    public string[] Tag { get; set; } = [];

    [Parameter]
    public SwitchParameter Skip { get; set; }

    [Parameter]
    [AllowNull]
    [AllowEmptyCollection]
    public object? ForEach { get; set; }

    protected override void Collect(PesterState state)
    {
        foreach (PesterData data in Data(nameof(ForEach), ForEach, Name))
        {
            PesterBlock block = new(NameTemplate.Expand(Name, [.. state.Current.Lineage.Select(around => around.Data), data]), state.Current, data, Skip);
            state.Current.Children.Add(block);
            state.Within(block, () => InvokeCommand.InvokeScript(useLocalScope: true, s_inScope, input: null, state, block, Fixture));
        }
    }
}
