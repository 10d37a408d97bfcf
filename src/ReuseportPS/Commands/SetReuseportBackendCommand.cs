using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Cpus;

namespace ReuseportPS.Commands;

/// <summary>Set-ReuseportBackend: chooses the kernel or a fresh simulator for this session.</summary>
[Cmdlet(VerbsCommon.Set, "ReuseportBackend", SupportsShouldProcess = true)]
[OutputType(typeof(ReuseportBackend))]
public sealed class SetReuseportBackendCommand : ReuseportCmdlet
{
    private static readonly string[] s_simulatorOnly =
        [nameof(Seed), nameof(CpuCount), nameof(NumaNode), nameof(KernelVersion), nameof(PacketCpu), nameof(PinnedCpu), nameof(RssKey), nameof(RssTable), nameof(RssUdpPorts)];

    private static readonly string[] s_rssOnly = [nameof(RssKey), nameof(RssTable), nameof(RssUdpPorts)];

    /// <summary>Linux or Simulator. A simulator is always a fresh one.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public BackendKind Kind { get; set; }

    /// <summary>Seed of the simulator: the same seed and the same commands give the same results.</summary>
    [Parameter]
    public ulong Seed { get; set; }

    /// <summary>CPUs of the simulator.</summary>
    [Parameter]
    [ValidateRange(1, 4096)]
    public int CpuCount { get; set; } = 4;

    /// <summary>NUMA node of each CPU of the simulator; all on node 0 when not given.</summary>
    [Parameter]
    [ValidateRange(0, 1023)]
    public int[] NumaNode { get; set; } = [];

    /// <summary>Kernel version that the simulator reproduces.</summary>
    [Parameter]
    [ValidateSet("5.10", "5.15", "6.1", "6.6", "6.12", "6.18")]
    public string KernelVersion { get; set; } = SimulatorOptions.CheckedKernelVersion;

    /// <summary>What says on which CPU a packet of a trace is processed: Pinned, Trace or Rss.</summary>
    [Parameter]
    public PacketCpuSource PacketCpu { get; set; }

    /// <summary>The CPU for -PacketCpu Pinned, and for packets whose CPU the trace does not tell.</summary>
    [Parameter]
    [ValidateRange(0, 4095)]
    public int PinnedCpu { get; set; }

    /// <summary>Key of receive-side scaling: 40 bytes in hex, with or without colons, as ethtool -x shows it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RssKey { get; set; }

    /// <summary>Indirection table of receive-side scaling: the CPU of each entry.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public int[] RssTable { get; set; } = [];

    /// <summary>Receive-side scaling hashes the ports of UDP too, not of TCP alone.</summary>
    [Parameter]
    public SwitchParameter RssUdpPorts { get; set; }

    /// <summary>Writes the backend chosen.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Kind, () =>
    {
        if (Kind == BackendKind.Linux && FirstGiven(s_simulatorOnly) is string given)
        {
            Refuse($"-{given} is for the Simulator; the Linux backend takes the machine as it is.", "InvalidParameterCombination");
        }

        if (PacketCpu != PacketCpuSource.Rss && FirstGiven(s_rssOnly) is string rss)
        {
            Refuse($"-{rss} goes with -PacketCpu Rss.", "InvalidParameterCombination");
        }

        SimulatorOptions? options = Kind == BackendKind.Linux ? null : Options();
        if (!ShouldProcess($"{Kind} backend", "Choose for this session"))
        {
            return;
        }

        GroupCatalog groups = options is null ? ModuleState.Current.ChooseLinux() : ModuleState.Current.ChooseSimulator(options);
        WriteUnchecked(groups.Backend.Info.Unchecked);
        if (PassThru)
        {
            WriteObject(ReuseportBackend.Of(groups.Backend.Info, "Set-ReuseportBackend"));
        }
    });

    private SimulatorOptions Options()
    {
        SimulatorOptions options = new()
        {
            Seed = Seed,
            CpuCount = CpuCount,
            NumaNodes = [.. NumaNode],
            KernelVersion = KernelVersion,
            PacketCpuSource = PacketCpu,
            PinnedCpu = PinnedCpu,
        };
        try
        {
            return PacketCpu != PacketCpuSource.Rss ? options : options with
            {
                ReceiveSideScaling = new ReceiveSideScaling(RssKey is null ? [] : Convert.FromHexString(RssKey.Replace(":", "", StringComparison.Ordinal)), [.. RssTable], CpuCount, RssUdpPorts),
            };
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            Refuse(exception is FormatException ? $"'{RssKey}' is not a key: it must be 80 hexadecimal digits, with or without colons." : exception.Message, "BadReceiveSideScaling");
            throw;
        }
    }

    private string? FirstGiven(string[] names) => names.FirstOrDefault(MyInvocation.BoundParameters.ContainsKey);

    private void Refuse(string message, string id) =>
        ThrowTerminatingError(new ErrorRecord(new PSArgumentException(message), id, ErrorCategory.InvalidArgument, Kind));
}
