using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Linux;
using ReuseportPS.Simulator;

namespace ReuseportPS.Session;

/// <summary>What the module remembers in one runspace: the backend chosen, the simulator, the groups this session owns.</summary>
internal sealed class ModuleState : IDisposable
{
    /// <summary>Environment variable that chooses the backend where nothing else does.</summary>
    public const string BackendVariable = "REUSEPORTPS_BACKEND";

    private static readonly ConditionalWeakTable<Runspace, ModuleState> s_states = [];

    private GroupCatalog? _simulator;
    private GroupCatalog? _linux;

    /// <summary>The backend chosen with Set-ReuseportBackend, or null.</summary>
    public BackendKind? Chosen { get; private set; }

    /// <summary>The options of the simulator chosen with Set-ReuseportBackend; null when none is in force.</summary>
    public SimulatorOptions? SimulatorOptions => Chosen == BackendKind.Simulator ? ((SimulatorBackend)_simulator!.Backend).Options : null;

    /// <summary>Whether the warning was given that commands act on a simulator because this is not Linux.</summary>
    public bool WarnedOfSimulator { get; set; }

    /// <summary>The state of the runspace that runs the calling cmdlet.</summary>
    public static ModuleState Current => s_states.GetOrCreateValue(Runspace.DefaultRunspace);

    /// <summary>Ends what the current runspace holds.</summary>
    public static void Close()
    {
        if (s_states.TryGetValue(Runspace.DefaultRunspace, out ModuleState? state))
        {
            s_states.Remove(Runspace.DefaultRunspace);
            state.Dispose();
        }
    }

    /// <summary>Which backend a command acts on, and why: parameter or piped object, Set-ReuseportBackend, environment, operating system.</summary>
    /// <exception cref="ArgumentException">The environment names no backend.</exception>
    public (BackendKind Kind, string Reason) Resolve(BackendKind? requested)
    {
        if (requested is BackendKind asked)
        {
            return (asked, "the -Backend parameter");
        }

        if (Chosen is BackendKind chosen)
        {
            return (chosen, "Set-ReuseportBackend");
        }

        if (Environment.GetEnvironmentVariable(BackendVariable) is { Length: > 0 } text)
        {
            return Enum.TryParse(text, ignoreCase: true, out BackendKind named) && Enum.IsDefined(named)
                ? (named, $"the environment variable {BackendVariable}")
                : throw new ArgumentException($"The environment variable {BackendVariable} is '{text}'; it must be Linux or Simulator.");
        }

        return OperatingSystem.IsLinux()
            ? (BackendKind.Linux, "the operating system")
            : (BackendKind.Simulator, "the operating system, which is not Linux");
    }

    /// <summary>The groups of a backend, made at first use.</summary>
    public GroupCatalog Groups(BackendKind kind) => kind == BackendKind.Linux
        ? _linux ??= new GroupCatalog(new LinuxBackend(), PolicyFile.Text)
        : _simulator ??= new GroupCatalog(new SimulatorBackend(new SimulatorOptions()), PolicyFile.Text);

    /// <summary>Chooses the kernel.</summary>
    public GroupCatalog ChooseLinux()
    {
        Chosen = BackendKind.Linux;
        return Groups(BackendKind.Linux);
    }

    /// <summary>Chooses a fresh simulator; the one before ends with its groups.</summary>
    public GroupCatalog ChooseSimulator(SimulatorOptions options) => ChooseSimulator(new GroupCatalog(new SimulatorBackend(options), PolicyFile.Text));

    /// <summary>Chooses a simulator that was made with its groups; the one before ends with its own.</summary>
    public GroupCatalog ChooseSimulator(GroupCatalog fresh)
    {
        End(_simulator);
        _simulator = fresh;
        Chosen = BackendKind.Simulator;
        return fresh;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End(_simulator);
        End(_linux);
    }

    private static void End(GroupCatalog? groups)
    {
        if (groups is not null)
        {
            groups.Dispose();
            groups.Backend.Dispose();
        }
    }
}
