using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator;

namespace ReuseportPS.Commands;

/// <summary>Set-ReuseportBackend: chooses the kernel or a fresh simulator for this session.</summary>
[Cmdlet(VerbsCommon.Set, "ReuseportBackend", SupportsShouldProcess = true)]
[OutputType(typeof(ReuseportBackend))]
public sealed class SetReuseportBackendCommand : ReuseportCmdlet
{
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

    /// <summary>Writes the backend chosen.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Kind, () =>
    {
        bool simulatorOnly = MyInvocation.BoundParameters.ContainsKey(nameof(Seed)) || MyInvocation.BoundParameters.ContainsKey(nameof(CpuCount));
        if (Kind == BackendKind.Linux && simulatorOnly)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException("-Seed and -CpuCount are for the Simulator; the Linux backend takes the machine as it is."),
                "InvalidParameterCombination", ErrorCategory.InvalidArgument, Kind));
        }

        if (!ShouldProcess($"{Kind} backend", "Choose for this session"))
        {
            return;
        }

        GroupCatalog groups = Kind == BackendKind.Linux
            ? ModuleState.Current.ChooseLinux()
            : ModuleState.Current.ChooseSimulator(new SimulatorOptions { Seed = Seed, CpuCount = CpuCount });
        if (PassThru)
        {
            BackendInfo info = groups.Backend.Info;
            WriteObject(new ReuseportBackend(info.Kind, info.KernelVersion, info.CpuCount, info.Seed, "Set-ReuseportBackend"));
        }
    });
}
