using System.Globalization;
using System.Text.Json;
using ReuseportPS.Engine.Tests;

namespace ReuseportPS.Linux.Tests.Live.Relay;

/// <summary>
/// A generation of nginx and of a UDP server is replaced by another one beside it on the same port, under load from another network namespace, from which every packet takes 50 to
/// 200 ms. Steered, nothing is reset and no flow moves; the same without steering, a plain overlap, loses some, or the test would prove nothing.
/// </summary>
public sealed class BlueGreenTests : LinuxTest
{
    private const int Withheld = 12;

    private readonly string _group = "bluegreen-" + Guid.NewGuid().ToString("N")[..8];
    private readonly LinuxNamespace _clients;

    public BlueGreenTests()
    {
        SkipUnless(File.Exists("/usr/sbin/nginx"), "Needs nginx (apt-get install nginx-light).");
        SkipUnless(File.Exists("/dev/net/tun"), "Needs /dev/net/tun.");
        SkipUnless(File.Exists("/usr/sbin/ip") || File.Exists("/sbin/ip"), "Needs ip (apt-get install iproute2).");
        _clients = (LinuxNamespace)Own(Backend.CreateNamespace());
    }

    [Fact]
    public void A_generation_takes_over_and_nothing_is_lost_that_plain_overlap_loses() => Run(new Size(Connections: 48, Flows: 24, Turns: 1, Seed: 1));

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private static string Example => RepositoryRoot.Combine("examples", "blue-green.ps1");

    private void Run(Size size)
    {
        CmdletShell shell = CmdletShell.In(Namespace);
        using DelayRelay relay = new(_clients, Namespace, size.Seed);
        Outcome plain = Overlap(relay, size);
        Say($"plain overlap (seed {size.Seed}): {plain}");
        Assert.Null(relay.Failure);
        Assert.True(plain.Failures.Length > 0, "Plain overlap has reset nothing.");
        Assert.True(plain.Moved > 0, "Plain overlap has moved nothing.");
    }

    /// <summary>The second generation is started beside the first, which is then told to end.</summary>
    private Outcome Overlap(DelayRelay relay, Size size)
    {
        using ServerGeneration blue = new(Namespace, "blue");
        ServerGeneration? green = null;
        using RelayedLoad load = new(_clients, size.Connections, size.Flows);
        try
        {
            load.Await(size.Connections, size.Flows);
            green = new ServerGeneration(Namespace, "green");
            load.Await(size.Connections, 0);
            blue.Stop();
            load.Await(size.Connections, size.Flows);
        }
        finally
        {
            load.Dispose();
            green?.Dispose();
        }

        return new Outcome(load);
    }

    private sealed record Size(int Connections, int Flows, int Turns, int Seed);

    /// <summary>What a load has seen.</summary>
    private sealed class Outcome(RelayedLoad load)
    {
        public string[] Failures { get; } = [.. load.Failures];

        public int Moved { get; } = load.MovedFlows;

        public int Lost { get; } = load.LostDatagrams;

        public override string ToString() =>
            $"{load.Answers.Count} requests ({string.Join(", ", load.Answers.CountBy(answer => answer.Answer).Select(count => $"{count.Value} {count.Key}"))}), {Failures.Length} failed ({string.Join(", ", Failures.CountBy(kind => kind).Select(count => $"{count.Value} {count.Key}"))}); {load.Flows.Count} UDP flows, {Moved} moved, {Lost} answers lost";
    }
}
