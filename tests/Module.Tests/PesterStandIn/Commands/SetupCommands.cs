using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn.Commands;

[Cmdlet(PesterLanguage.Verb, "BeforeAll")]
public sealed class BeforeAllCommand() : SetupCommand(SetupKind.BeforeAll);

[Cmdlet(PesterLanguage.Verb, "BeforeEach")]
public sealed class BeforeEachCommand() : SetupCommand(SetupKind.BeforeEach);

[Cmdlet(PesterLanguage.Verb, "AfterEach")]
public sealed class AfterEachCommand() : SetupCommand(SetupKind.AfterEach);

[Cmdlet(PesterLanguage.Verb, "AfterAll")]
public sealed class AfterAllCommand() : SetupCommand(SetupKind.AfterAll);

/// <summary>Keeps a setup or teardown for the run.</summary>
public abstract class SetupCommand(SetupKind kind) : DiscoveryCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock Scriptblock { get; set; } = null!;

    protected override void Collect(PesterState state) => state.Current.AddSetup(kind, Scriptblock);
}

/// <summary>Runs its body at once, in the scope where it stands.</summary>
[Cmdlet(PesterLanguage.Verb, "BeforeDiscovery")]
public sealed class BeforeDiscoveryCommand : DiscoveryCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    protected override void Collect(PesterState state) =>
        InvokeCommand.InvokeScript(useLocalScope: false, ScriptBlock, input: null);
}
