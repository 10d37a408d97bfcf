using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Simulator.Fidelity;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Tests.Fidelity;

/// <summary>A simulator as the host that another one is compared with: what differs between the two must show.</summary>
public sealed class FidelityTrialTests
{
    private const int Flows = 1000;
    private const int Policies = 10;

    [Fact]
    public void Equal_hosts_agree()
    {
        TrialResult result = Run(new SimulatorOptions { Seed = 3 }, knowsSecrets: true);
        Assert.True(result.Passed);
        Assert.Equal((Flows, Policies, 9UL), (result.FlowCount, result.PolicyCount, result.Seed));
        Assert.True(result.ComparedCount > Flows, "No connection waited while its listener stopped.");
        Assert.True(result is { ComparedCounterCount: > 100, ComparedSampleCount: > 100 });
        Assert.Empty(result.NotCompared);
    }

    [Fact]
    public void Other_secrets_are_differences_of_the_hash_alone()
    {
        TrialResult result = Run(new SimulatorOptions { Seed = 4 }, knowsSecrets: true);
        Assert.False(result.Passed);
        Assert.InRange(result.DifferenceCount, 100, Flows);
        Assert.All(result.Differences, difference => Assert.Contains("the hash", difference.Reason, StringComparison.Ordinal));
        Assert.Contains(result.Differences, difference => difference.Policy is null);
        Assert.Contains("predicted slot", result.Differences[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_secrets_the_hash_is_not_compared_and_said_so()
    {
        TrialResult result = Run(new SimulatorOptions { Seed = 4 }, knowsSecrets: false);
        Assert.True(result.Passed);
        Assert.InRange(result.NotCompared.Single(reason => reason.Key.Contains("could not be read", StringComparison.Ordinal)).Value, 100, Flows);
        Assert.True(result.ComparedCount + result.NotCompared.Values.Sum() >= Flows);
    }

    [Fact]
    public void Another_kernel_version_is_a_difference()
    {
        TrialResult result = Run(new SimulatorOptions { Seed = 3, KernelVersion = "5.15" }, knowsSecrets: true);
        Assert.Contains(result.Differences, difference => difference.Selection == TrialSelection.IncomingCpu);
        Assert.Contains(result.Differences, difference => difference.Packet.StartsWith("tcp", StringComparison.Ordinal));
    }

    [Fact]
    public void Samples_are_compared()
    {
        // Their times are not those of a clock that is two hours behind.
        TrialResult result = Run(new SimulatorOptions { Seed = 3 }, knowsSecrets: true, clockBehind: 7_200_000_000_000);
        Assert.Contains(result.Differences, difference => difference.Packet.StartsWith("sample", StringComparison.Ordinal));
    }

    [Fact]
    public void A_counter_that_differs_is_a_difference_when_nothing_else_is()
    {
        using SimulatorBackend host = new(new SimulatorOptions { Seed = 3 });
        bool isChanged = false;
        TrialResult result = Run(host, (SimulatedNamespace)host.CreateNamespace(), _ => isChanged |= TryCount(host), default);
        Assert.True(isChanged);
        TrialDifference difference = Assert.Single(result.Differences);
        Assert.Equal("the program counts", difference.Reason);
        Assert.False(result.Passed);

        // One more for slot 0, on the first program that there is.
        bool TryCount(SimulatorBackend backend)
        {
            if (isChanged || Enumerable.Range(1, 200).Select(id => backend.OpenProgram((uint)id)).FirstOrDefault(program => program is not null) is not SimulatedProgram program)
            {
                return false;
            }

            BpfMap counters = program.Target!.Loaded.Maps.Single(map => map.Spec.Name == "slot_counters");
            byte[] value = new byte[counters.UserValueSize];
            Assert.Equal(Errno.None, counters.Lookup(new byte[4], value));
            value[0] ^= 1;
            Assert.Equal(Errno.None, counters.Update(new byte[4], value));
            program.Dispose();
            return true;
        }
    }

    [Fact]
    public void It_stops_when_asked_and_leaves_nothing_open()
    {
        using SimulatorBackend host = new();
        using CancellationTokenSource stop = new();
        SimulatedNamespace network = (SimulatedNamespace)host.CreateNamespace();
        Assert.Throws<OperationCanceledException>(() => Run(host, network, done =>
        {
            if (done > 100)
            {
                stop.Cancel();
            }
        }, stop.Token));
        Assert.Empty(network.Sockets);
    }

    [Fact]
    public void Every_round_needs_a_flow()
    {
        Assert.Equal(12, FidelityTrial.FewestFlows(10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FidelityTrial(11, 10, 1, [0]));
    }

    private static TrialResult Run(SimulatorOptions options, bool knowsSecrets, ulong clockBehind = 0)
    {
        using SimulatorBackend host = new(options);
        return Run(host, (SimulatedNamespace)host.CreateNamespace(), null, default, knowsSecrets, clockBehind);
    }

    private static TrialResult Run(SimulatorBackend host, SimulatedNamespace network, Action<int>? progress, CancellationToken cancellation, bool knowsSecrets = true, ulong clockBehind = 0)
    {
        using SimulatorBackend simulator = new(new SimulatorOptions { Seed = 3 });
        host.Nanoseconds = 10_000_000_000_000;
        return new FidelityTrial(Flows, Policies, 9, [0, 1]).Run(
            simulator, (SimulatedNamespace)simulator.CreateNamespace(), host, network, () => (ulong)host.Nanoseconds - clockBehind, (_, _) => knowsSecrets, progress, cancellation);
    }
}
