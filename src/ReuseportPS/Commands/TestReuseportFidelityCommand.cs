using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Linux;
using ReuseportPS.Model;
using ReuseportPS.Session;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Fidelity;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Commands;

/// <summary>
/// Test-ReuseportFidelity: opens flows on the simulator and on the kernel, and compares where each arrives: random flows through random policies, or
/// the flows of a trace through one policy.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "ReuseportFidelity", DefaultParameterSetName = OfRandom)]
[OutputType(typeof(TrialResult), typeof(FidelityTest), typeof(bool))]
public sealed class TestReuseportFidelityCommand : ReuseportCmdlet
{
    private const string OfRandom = "Random";
    private const string OfTrace = "Trace";

    /// <summary>Random flows in all.</summary>
    [Parameter(ParameterSetName = OfRandom)]
    [ValidateRange(3, 100_000_000)]
    public int FlowCount { get; set; } = 5000;

    /// <summary>Random policies; for every ten there is also a round with the kernel's hash and one with SO_INCOMING_CPU.</summary>
    [Parameter(ParameterSetName = OfRandom)]
    [ValidateRange(0, 1_000_000)]
    public int PolicyCount { get; set; } = 20;

    /// <summary>Seed of what is drawn.</summary>
    [Parameter(ParameterSetName = OfRandom)]
    public ulong Seed { get; set; } = 1;

    /// <summary>The policy: an object of Import-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = OfTrace)]
    [PolicyTransformation]
    public SteeringPolicy Policy { get; set; } = null!;

    /// <summary>Traces whose flows are opened, each flow once.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ParameterSetName = OfTrace)]
    public PacketTrace[] Trace { get; set; } = [];

    /// <summary>Slots: sockets for each protocol and port.</summary>
    [Parameter(ParameterSetName = OfTrace)]
    [ValidateRange(1, 1024)]
    public int SlotCount { get; set; } = 4;

    /// <summary>Answers with true when no flow differs, false otherwise.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private readonly List<PacketTrace> _traces = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => _traces.AddRange(Trace);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName == OfTrace)
        {
            Guard(Policy, OpenTraces);
        }
        else if (FlowCount < FidelityTrial.FewestFlows(PolicyCount))
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"{FlowCount} flows are too few for {PolicyCount} policies: {FidelityTrial.FewestFlows(PolicyCount)} are needed, one for each round."),
                "TooFewFlows", ErrorCategory.InvalidArgument, FlowCount));
        }
        else
        {
            Guard(null, OpenRandom);
        }
    }

    private void OpenRandom()
    {
        using FidelityPair pair = FidelityPair.Create(Kernel(), StopToken);
        using TraceCmdletProgress progress = new(this, "Opening random flows on the simulator and on the kernel", $"seed {Seed}");
        TrialResult result = new FidelityTrial(FlowCount, PolicyCount, Seed, LinuxBackend.UsableCpus()).Run(
            pair.Simulator, pair.Simulated, pair.Kernel, pair.Network, () => pair.Kernel.MonotonicTime, pair.Predicts, done => progress.Report((double)done / FlowCount), StopToken);
        WriteObject(Quiet ? result.Passed : result);
    }

    private void OpenTraces()
    {
        List<FlowOpening> flows = [];
        foreach (PacketTrace trace in _traces)
        {
            flows.AddRange(FlowOpenings.Of(trace.Source, StopToken));
        }

        using FidelityPair pair = FidelityPair.Create(Kernel(), StopToken);
        using TraceCmdletProgress progress = new(this, "Opening flows on the simulator and on the kernel", Policy.Name);
        FidelityResult result = new FidelityRun(Policy, SlotCount, flows).Run(
            (pair.Simulator, pair.Simulated), (pair.Kernel, pair.Network), pair.Predicts, done => progress.Report((double)done / flows.Count), StopToken);
        bool passed = result.Differences.IsEmpty && result.FlowCount > 0 && result.Lost == 0;
        WriteObject(Quiet ? passed : new FidelityTest(
            passed, Policy.Name, result.FlowCount, result.Differences.Length, result.LeftToKernel, result.NotSent, result.Lost, result.Slots, result.Differences));
    }

    private static LinuxBackend Kernel() => (LinuxBackend)ModuleState.Current.Groups(BackendKind.Linux).Backend;

    /// <summary>The kernel with a private network namespace, and a simulator that chooses as the kernel does there.</summary>
    private sealed class FidelityPair : IDisposable
    {
        private readonly HostHash? _hash;

        private FidelityPair(LinuxBackend kernel, INetworkNamespace network, HostHash? hash)
        {
            (Kernel, Network, _hash) = (kernel, network, hash);
            Simulator = new SimulatorBackend(new SimulatorOptions { CpuCount = kernel.Info.CpuCount, HashSecrets = hash?.Secrets, TcpHashFormula = hash?.TcpFormula });
            Simulated = (SimulatedNamespace)Simulator.CreateNamespace();
            hash?.ApplyTo(Simulated);
        }

        public LinuxBackend Kernel { get; }

        public INetworkNamespace Network { get; }

        public SimulatorBackend Simulator { get; }

        public SimulatedNamespace Simulated { get; }

        public static FidelityPair Create(LinuxBackend kernel, CancellationToken cancellation)
        {
            INetworkNamespace network = kernel.CreateNamespace();
            try
            {
                return new FidelityPair(kernel, network, HashRecovery.Recover(kernel.ReadHashEvidence(network), cancellation: cancellation));
            }
            catch
            {
                network.Dispose();
                throw;
            }
        }

        public bool Predicts(TransportProtocol protocol, IpFamily family) => _hash?.Covers(protocol, family) ?? false;

        public void Dispose()
        {
            Simulator.Dispose();
            Network.Dispose();
        }
    }
}
