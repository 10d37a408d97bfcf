using System.Collections.ObjectModel;
using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

/// <summary>What the commands on items, content and paths share: the provider does the work and writes straight to the cmdlet.</summary>
public abstract class ProviderCommand : PSCmdlet, IDynamicParameters
{
    private readonly List<object> _contexts = [];
    private object? _dynamicParameters;

    /// <summary>True when paths are taken as they are, without wildcards.</summary>
    protected bool Literal { get; set; }

    /// <summary>The parameters that the provider of the path adds, as -File and -Directory of the file system.</summary>
    public object? GetDynamicParameters()
    {
        object context = NewContext();
        EngineInternals.SetPassThru(context, false);
        try
        {
            _dynamicParameters = ProviderParameters(context);
        }
        catch (SessionStateException)
        {
            // The path itself is reported when the command runs.
            _dynamicParameters = null;
        }

        return _dynamicParameters;
    }

    /// <summary>Asks the provider for its parameters; none unless overridden.</summary>
    protected virtual object? ProviderParameters(object context) => null;

    /// <summary>Puts the parameters of the derived command that concern the provider into the context.</summary>
    protected virtual void Configure(object context)
    {
    }

    /// <summary>A context for one call of the provider.</summary>
    protected object NewContext()
    {
        object context = EngineInternals.NewProviderContext(this);
        EngineInternals.SetSuppressWildcardExpansion(context, Literal);
        EngineInternals.SetDynamicParameters(context, _dynamicParameters);
        Configure(context);
        lock (_contexts)
        {
            _contexts.Add(context);
        }

        return context;
    }

    /// <summary>Sets filters as the engine wants them: never null collections.</summary>
    protected static void SetFilters(object context, string[]? include, string[]? exclude, string? filter) =>
        EngineInternals.SetFilters(context, new Collection<string>(include ?? []), new Collection<string>(exclude ?? []), filter);

    /// <summary>Runs one call; an absent path, drive or provider is an error of this path only.</summary>
    /// <returns>False if there was such an error.</returns>
    protected bool Try(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (Exception problem) when (problem is SessionStateException or PSNotSupportedException)
        {
            WriteError(new ErrorRecord(((IContainsErrorRecord)problem).ErrorRecord, problem));
            return false;
        }
    }

    /// <summary>The paths that a pattern stands for; an error and none if it cannot be resolved.</summary>
    private protected Collection<PathInfo> ResolvePaths(string path, object context)
    {
        Collection<PathInfo> resolved = [];
        Try(() => resolved = EngineInternals.GetResolvedPSPathFromPSPath(SessionState.Path, path, context));
        return resolved;
    }

    protected override void StopProcessing()
    {
        lock (_contexts)
        {
            _contexts.ForEach(EngineInternals.StopProcessing);
        }
    }
}
