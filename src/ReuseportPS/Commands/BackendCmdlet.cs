using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>A cmdlet that acts on a backend.</summary>
public abstract class BackendCmdlet : ReuseportCmdlet
{
    /// <summary>The backend to act on; by default the piped object's, then the one chosen with Set-ReuseportBackend.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public BackendKind? Backend { get; set; }

    /// <summary>The groups of the backend in force.</summary>
    /// <exception cref="DiagnosticException">The environment names no backend.</exception>
    private protected GroupCatalog Groups()
    {
        try
        {
            (BackendKind kind, string reason) = ModuleState.Current.Resolve(Backend);
            WriteVerbose($"Acting on the {kind} backend, chosen by {reason}.");
            return ModuleState.Current.Groups(kind);
        }
        catch (ArgumentException exception)
        {
            ThrowTerminatingError(new ErrorRecord(exception, "UnknownBackend", ErrorCategory.InvalidArgument, Backend));
            throw;
        }
    }

    /// <summary>The same for a command that changes something: off Linux it says once that only a simulator is changed.</summary>
    private protected GroupCatalog GroupsToChange()
    {
        GroupCatalog groups = Groups();
        ModuleState state = ModuleState.Current;
        if (groups.Backend.Info.Kind == BackendKind.Simulator && state.Chosen is null && Backend is null && !state.WarnedOfSimulator)
        {
            state.WarnedOfSimulator = true;
            WriteWarning("This acts on a simulator, not on the kernel. Set-ReuseportBackend Simulator says that it is meant.");
        }

        return groups;
    }
}
