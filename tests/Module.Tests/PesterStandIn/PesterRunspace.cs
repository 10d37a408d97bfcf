using System.Management.Automation;
using System.Management.Automation.Runspaces;
using ReuseportPS.Shell;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>Runspaces as the tests use them: the engine, the Shell's commands and a module by its manifest.</summary>
internal static class PesterRunspace
{
    /// <param name="module">Path of a manifest to import, or null for none.</param>
    /// <param name="pester">What the words of a test file act on; null leaves those words out.</param>
    public static Runspace Open(string? module, PesterState? pester = null)
    {
        InitialSessionState session = ShellSessionState.Create(module);
        // A module that lies about on this machine must not lend its commands to a file.
        session.Variables.Add(new SessionStateVariableEntry("PSModuleAutoLoadingPreference", PSModuleAutoLoadingPreference.None, ""));
        if (pester is not null)
        {
            PesterLanguage.AddTo(session);
            session.Variables.Add(new SessionStateVariableEntry(PesterState.VariableName, pester, "", ScopedItemOptions.Constant | ScopedItemOptions.AllScope));
        }
        Runspace runspace = RunspaceFactory.CreateRunspace(session);
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        runspace.Open();
        return runspace;
    }
}
