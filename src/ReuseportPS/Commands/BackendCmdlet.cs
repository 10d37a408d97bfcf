using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Session;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Preview;

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

    /// <summary>The policy compiled for the slots of a group; its warnings are written.</summary>
    /// <exception cref="DiagnosticException">It does not compile.</exception>
    private protected CompiledPolicy Compile(SteeringPolicy policy, PreviewGroup group)
    {
        PolicyCompilation compilation = PolicyCompiler.Compile(policy, group.SlotCount, group.States);
        WriteFindings(compilation.Diagnostics);
        return compilation.Compiled ?? throw new DiagnosticException(compilation.Diagnostics);
    }

    /// <summary>What is previewed with what a policy would know of flows and loads if it were set on a group now.</summary>
    /// <param name="seats">The group to pretend.</param>
    /// <param name="name">The managed group that it pretends; null for none, where a policy knows nothing.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="compiled">The same, compiled for it.</param>
    private protected PreviewGroup Knowing(PreviewGroup seats, string? name, SteeringPolicy policy, CompiledPolicy compiled)
    {
        if (name is null)
        {
            return seats;
        }

        GroupCatalog groups = Groups();
        using ManagedGroup group = groups.Find(name) ?? throw groups.NotFound(name);
        return seats with { Memory = group.ReadMemoryFor(policy, compiled) };
    }

    /// <summary>The host of the preview: that of the simulator, when one is set.</summary>
    private protected SimulatorOptions? SimulatedHost()
    {
        SimulatorOptions? host = ModuleState.Current.SimulatorOptions;
        WriteUnchecked(host?.Unchecked ?? []);
        return host;
    }

    /// <summary>The names of groups that a name or a pattern stands for.</summary>
    /// <exception cref="DiagnosticException">No group has the name. A pattern may stand for none.</exception>
    private protected static string[] NamesLike(GroupCatalog groups, string pattern)
    {
        WildcardPattern wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
        string[] matches = [.. groups.Names.Where(wildcard.IsMatch)];
        return matches.Length > 0 || WildcardPattern.ContainsWildcardCharacters(pattern) ? matches : throw groups.NotFound(pattern);
    }
}
