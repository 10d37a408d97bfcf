using System.Diagnostics;
using System.Globalization;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Fidelity;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Linux.Tests;

/// <summary>Random flows through random policies, the kernel's hash and SO_INCOMING_CPU: the simulator says where each arrives.</summary>
public sealed class FidelityTrialTests : LinuxTest
{
    [Fact]
    public void Random_flows_arrive_where_the_simulator_says() => Run(flows: 2000, policies: 20, seed: 1);

    [Fact]
    [Trait("Category", "Soak")]
    public void Random_flows_arrive_where_the_simulator_says_for_long()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        string? seed = Environment.GetEnvironmentVariable("REUSEPORTPS_SEED");
        Run(flows: 100_000, policies: 200, seed is null ? 1000 : ulong.Parse(seed, CultureInfo.InvariantCulture));
    }

    private void Run(int flows, int policies, ulong seed)
    {
        HostHash hash = HashRecovery.Recover(Backend.ReadHashEvidence(Namespace), cancellation: TestContext.Current.CancellationToken)!;
        using SimulatorBackend simulator = new(new SimulatorOptions { CpuCount = Backend.Info.CpuCount, HashSecrets = hash.Secrets, TcpHashFormula = hash.TcpFormula });
        using SimulatedNamespace simulated = (SimulatedNamespace)simulator.CreateNamespace();
        hash.ApplyTo(simulated);
        long start = Stopwatch.GetTimestamp();
        TrialResult result = new FidelityTrial(flows, policies, seed, LinuxBackend.UsableCpus()).Run(
            simulator, simulated, Backend, Namespace, () => Backend.MonotonicTime, hash.Covers, cancellation: TestContext.Current.CancellationToken);
        TestContext.Current.SendDiagnosticMessage(
            $"seed {seed}: {result.FlowCount} flows in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s; compared: {string.Join(", ", result.ComparedByReason)}; not: {string.Join(", ", result.NotCompared)}; {result.ComparedCounterCount} counters, {result.ComparedSampleCount} samples");
        Assert.Equal(flows, result.FlowCount);
        Assert.True(result.Passed, $"seed {seed}: {result.DifferenceCount} differences\n{string.Join('\n', result.Differences.Take(20))}");
        Assert.True(result.ComparedCount > flows * 9 / 10, $"seed {seed}: only {result.ComparedCount} of {flows} flows were compared: {string.Join(", ", result.NotCompared)}");
    }
}
