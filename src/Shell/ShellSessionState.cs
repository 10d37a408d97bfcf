using System.Management.Automation.Runspaces;

namespace ReuseportPS.Shell;

/// <summary>Makes the session state in which the Shell, the Pester stand-in and the module's tests run.</summary>
public static class ShellSessionState
{
    /// <summary>
    /// The engine's default state, the commands of <see cref="CommandTable"/> and, when <paramref name="modulePath"/> is given, that
    /// module imported when the runspace opens. Opening throws if the import fails.
    /// </summary>
    /// <param name="modulePath">Full path of a module manifest, usually <see cref="ModuleLocator.StagedManifest"/>; null for no module.</param>
    public static InitialSessionState Create(string? modulePath)
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        CommandTable.AddTo(state);
        state.ThrowOnRunspaceOpenError = true;
        if (modulePath is not null)
        {
            state.ImportPSModule([modulePath]);
        }

        return state;
    }
}
