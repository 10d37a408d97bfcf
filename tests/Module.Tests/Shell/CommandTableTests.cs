using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using ReuseportPS.Shell;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>What the Shell adds to a session, and what it leaves alone.</summary>
public sealed class CommandTableTests
{
    [Fact]
    public void ClassesAreNamedAfterTheirCommands() => Assert.All(
        CommandTable.Commands,
        entry => Assert.Equal($"Microsoft.PowerShell.Commands.{entry.Key.Replace("-", "", StringComparison.Ordinal)}Command", entry.Value.FullName));

    [Fact]
    public void TheEngineHasNoneOfThem()
    {
        IEnumerable<string> own = InitialSessionState.CreateDefault2().Commands.OfType<SessionStateCmdletEntry>().Select(entry => entry.Name);
        Assert.Empty(own.Intersect(CommandTable.Commands.Keys, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void TheModuleExportsNoneOfThem()
    {
        using PowerShell shell = PowerShell.Create(ShellSessionState.Create(ModuleLocator.StagedManifest()));
        IEnumerable<string> exported = shell.AddScript("(Get-Module ReuseportPS).ExportedCommands.Keys").Invoke<string>();
        Assert.Empty(exported.Intersect(CommandTable.Commands.Keys, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void EveryCommandRefusesAnUnknownParameter()
    {
        using Runspace runspace = RunspaceFactory.CreateRunspace(ShellSessionState.Create(modulePath: null));
        runspace.Open();
        // Where remaining arguments are values, pwsh takes an unknown parameter for one too.
        IEnumerable<string> strict = CommandTable.Commands.Where(entry => !TakesRemainingArguments(entry.Value)).Select(entry => entry.Key);
        Assert.All(strict, command =>
        {
            using PowerShell shell = PowerShell.Create(runspace);
            shell.AddCommand(command).AddParameter("NoSuchParameter", 1);
            ParameterBindingException refused = Assert.ThrowsAny<ParameterBindingException>(() => shell.Invoke());
            Assert.Equal("NamedParameterNotFound", refused.ErrorId);
        });
    }

    private static bool TakesRemainingArguments(Type command) => command.GetProperties()
        .SelectMany(property => property.GetCustomAttributes<ParameterAttribute>())
        .Any(parameter => parameter.ValueFromRemainingArguments);

    [Fact]
    public void AModuleThatDoesNotLoadIsAnError()
    {
        using Runspace runspace = RunspaceFactory.CreateRunspace(ShellSessionState.Create("/nonexistent/Module.psd1"));
        Assert.ThrowsAny<RuntimeException>(runspace.Open);
    }
}
