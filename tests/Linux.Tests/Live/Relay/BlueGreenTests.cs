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

    [Fact]
    public void Handshakes_that_are_half_open_at_the_switch_end_at_the_old_generation() => RunWithheld(new Size(Connections: 24, Flows: 0, Turns: 1, Seed: 2));

    [Fact]
    [Trait("Category", "Soak")]
    public void Generations_take_over_from_each_other_for_long() => Run(Long());

    [Fact]
    [Trait("Category", "Soak")]
    public void Handshakes_that_are_half_open_at_the_switch_end_at_the_old_generation_for_long() => RunWithheld(Long());

    private static string Example => RepositoryRoot.Combine("examples", "blue-green.ps1");

    private static Size Long()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes some minutes; set REUSEPORTPS_SOAK=1 to run it");
        return new Size(Connections: 96, Flows: 48, Turns: 6, Seed: Number("REUSEPORTPS_SEED", 3));
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private void Run(Size size)
    {
        using DelayRelay relay = new(_clients, Namespace, size.Seed);
        for (int turn = 0; turn < size.Turns; turn++)
        {
            Outcome plain = Overlap(size, relay: null);
            Say($"plain overlap (seed {size.Seed}): {plain}");
            Assert.True(plain.Failures.Length > 0, "Plain overlap has reset nothing.");
            Assert.True(plain.Moved > 0, "Plain overlap has moved nothing.");
        }

        Outcome steered = Steer(size);
        Say($"steered, {size.Turns} times (seed {size.Seed}): {steered}");
        Assert.Null(relay.Failure);
        Assert.Empty(steered.Failures);
        Assert.Equal((0, 0), (steered.Moved, steered.Lost));
    }

    private void RunWithheld(Size size)
    {
        using DelayRelay relay = new(_clients, Namespace, size.Seed);
        for (int turn = 0; turn < size.Turns; turn++)
        {
            Outcome plain = Overlap(size, relay);
            Say($"plain overlap, {Withheld} final ACKs withheld (seed {size.Seed}): {plain}");
            Assert.True(plain.Failures.Length >= Withheld, "Plain overlap has not reset what was half-open.");

            (Outcome steered, int[] ports) = SteerWithheld(size, relay);
            Say($"steered, {Withheld} final ACKs withheld (seed {size.Seed}): {steered}");
            Assert.Null(relay.Failure);
            Assert.Empty(steered.Failures);
            Assert.Equal((0, 0), (steered.Moved, steered.Lost));
            Assert.All(ports, port => Assert.Contains((port, "blue"), steered.Answers));
        }
    }

    /// <summary>The second generation is started beside the first, which is then told to end; with a relay, while it withholds final ACKs.</summary>
    private Outcome Overlap(Size size, DelayRelay? relay)
    {
        using ServerGeneration blue = new(Namespace, "blue");
        ServerGeneration? green = null;
        using RelayedLoad load = new(_clients, size.Connections, size.Flows);
        try
        {
            load.Await(size.Connections, 0);
            _ = relay is null ? [] : Withhold(relay);
            green = new ServerGeneration(Namespace, "green");
            load.Await(size.Connections, 0);
            blue.Stop();
            relay?.Release();
            load.Await(size.Connections, 0);
        }
        finally
        {
            relay?.Release();
            load.Dispose();
            green?.Dispose();
        }

        return new Outcome(load);
    }

    /// <summary>By the example, once or from generation to generation.</summary>
    private Outcome Steer(Size size)
    {
        CmdletShell shell = CmdletShell.In(Namespace);
        List<ServerGeneration> generations = [new ServerGeneration(Namespace, "generation 0")];
        using Requests requests = new();
        RelayedLoad? load = null;
        try
        {
            shell.Run($"& '{Example}' {_group} {ServerGeneration.Port} -Idle 3s");
            load = new RelayedLoad(_clients, size.Connections, size.Flows);
            for (int turn = 1; turn <= size.Turns; turn++)
            {
                load.Await(size.Connections, size.Flows);
                Task<JsonElement> change = Task.Run(() => shell.Run(
                    $"& '{Example}' {_group} {ServerGeneration.Port} {requests.Block("start")} {requests.Block("stop")} -Timeout 60s"));
                string name = string.Create(CultureInfo.InvariantCulture, $"generation {turn}");
                requests.Answer("start", change, () => generations.Add(new ServerGeneration(Namespace, name)));
                requests.Answer("stop", change, generations[turn - 1].Stop);
                Assert.True(change.GetAwaiter().GetResult().GetProperty("IsDrained").GetBoolean());
                int before = load.Answers.Count;
                load.Await(size.Connections * 2, 0);
                Assert.All(load.Answers.Skip(before + size.Connections), answer => Assert.Equal(name, answer.Answer));
            }
        }
        finally
        {
            load?.Dispose();
            RemoveGroup();
            generations.ForEach(generation => generation.Dispose());
        }

        return new Outcome(load);
    }

    /// <summary>By cmdlets, one after the other; the drain waits for what is withheld, and for nothing else in the end.</summary>
    private (Outcome Outcome, int[] Ports) SteerWithheld(Size size, DelayRelay relay)
    {
        CmdletShell shell = CmdletShell.In(Namespace);
        using ServerGeneration blue = new(Namespace, "blue");
        ServerGeneration? green = null;
        RelayedLoad? load = null;
        int[] ports;
        try
        {
            shell.Run($"& '{Example}' {_group} {ServerGeneration.Port} -Idle 3s");
            load = new RelayedLoad(_clients, size.Connections, size.Flows);
            load.Await(size.Connections, 0);
            ports = Withhold(relay);
            green = new ServerGeneration(Namespace, "green");

            JsonElement drain = shell.Run(
                $"$blue = Get-SocketSlot {_group}", $"$null = Sync-ReuseportGroup {_group} -NewGeneration", "$blue | Suspend-SocketSlot -Wait -Timeout 3s");
            Assert.Equal((false, Withheld), (drain.GetProperty("IsDrained").GetBoolean(), drain.GetProperty("HalfOpen").GetInt32()));
            relay.Release();
            drain = shell.Run($"Get-SocketSlot {_group} | Where-Object State -EQ Draining | Suspend-SocketSlot -Wait -IncludeEstablished -Timeout 60s");
            Assert.True(drain.GetProperty("IsDrained").GetBoolean(), drain.ToString());
            blue.Stop();
            load.Await(size.Connections, 0);
        }
        finally
        {
            relay.Release();
            load?.Dispose();
            RemoveGroup();
            green?.Dispose();
        }

        return (new Outcome(load), ports);
    }

    private void RemoveGroup()
    {
        if (Backend.Pins.List().Contains(_group))
        {
            Backend.Pins.Remove(_group);
        }
    }

    private static int[] Withhold(DelayRelay relay)
    {
        relay.WithholdNext(Withheld);
        int[] ports = relay.WithheldPorts();
        for (int attempt = 0; ports.Length < Withheld; attempt++)
        {
            Assert.True(attempt < 2000, $"{ports.Length} final ACKs are withheld.");
            Thread.Sleep(10);
            ports = relay.WithheldPorts();
        }

        return ports;
    }

    private sealed record Size(int Connections, int Flows, int Turns, int Seed);

    /// <summary>What a load has seen.</summary>
    private sealed class Outcome(RelayedLoad load)
    {
        public (int ClientPort, string Answer)[] Answers { get; } = [.. load.Answers];

        public string[] Failures { get; } = [.. load.Failures];

        public int Moved { get; } = load.MovedFlows;

        public int Lost { get; } = load.LostDatagrams;

        public override string ToString() =>
            $"{Answers.Length} requests ({Counts(Answers.Select(answer => answer.Answer))}), {Failures.Length} failed ({Counts(Failures)}); {load.Flows.Count} UDP flows, {Moved} moved, {Lost} answers lost";

        private static string Counts(IEnumerable<string> kinds) => string.Join(", ", kinds.CountBy(kind => kind).Select(kind => $"{kind.Value} {kind.Key}"));
    }

    /// <summary>What a shell asks the test to do, by files: the processes are the test's.</summary>
    private sealed class Requests : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("reuseportps-requests-").FullName;

        /// <summary>A script block that asks for something and waits until it is done.</summary>
        public string Block(string name) =>
            $"{{ Set-Content '{Asked(name)}' 1; while (Test-Path '{Asked(name)}') {{ Start-Sleep -Milliseconds 20 }} }}";

        /// <summary>Waits until something is asked for, and does it.</summary>
        public void Answer(string name, Task asker, Action action)
        {
            while (!File.Exists(Asked(name)))
            {
                Assert.False(asker.IsCompleted, $"Nobody asked to {name}: {asker.Exception}");
                Thread.Sleep(10);
            }

            action();
            File.Delete(Asked(name));
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private string Asked(string name) => Path.Combine(_folder, name);
    }
}
