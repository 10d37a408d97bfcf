using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace ReuseportPS.HelpBuilder;

/// <summary>The cmdlets of the staged module, as the engine sees them.</summary>
internal static class ModuleCommands
{
    public static IReadOnlyList<CmdletInfo> Read(string manifest)
    {
        using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using PowerShell shell = PowerShell.Create(runspace);
        shell.AddCommand("Import-Module").AddParameter("Name", manifest).AddParameter("ErrorAction", "Stop").Invoke();
        shell.Commands.Clear();
        shell.AddCommand("Get-Command").AddParameter("Module", "ReuseportPS").AddParameter("CommandType", CommandTypes.Cmdlet);
        CmdletInfo[] commands = [.. shell.Invoke<CmdletInfo>().OrderBy(command => command.Name, StringComparer.Ordinal)];

        // Parameter sets are read lazily, and need the runspace.
        foreach (CmdletInfo command in commands)
        {
            _ = command.ParameterSets.Count;
        }

        return commands;
    }
}
