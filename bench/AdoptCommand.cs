using System.Diagnostics;
using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Linux;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Yaml;

namespace ReuseportPS.Bench;

/// <summary>
/// <c>bench -- adopt</c>: 1,024 sockets of another process are adopted, known by their port alone, and a policy is applied; beside it, in the same process and by turns, <see cref="BareAdoption"/>: the
/// system calls that this needs. What is read of /proc, looked at twice or undone counts as ours. Calls are counted in a run of their own. The first commands of a process are shown besides.
/// </summary>
internal static class AdoptCommand
{
    /// <summary>The process with the sockets: <c>sockets PROTOCOL PORT</c>; it ends with its input.</summary>
    public const string Server = "sockets";

    /// <summary>A process that measures its first commands: <c>adopt-first PROTOCOL</c>.</summary>
    public const string First = "adopt-first";

    private const int Sockets = 1024;
    private const int Port = 5497;
    private const int Samples = 15;
    private const int WarmUp = 25;
    private const int ColdSamples = 3;
    private const double Bound = 1.5;
    private const string Group = "bench-adopt";
    private const string BareFolder = "/sys/fs/bpf/bench-adopt-bare";

    // The seats of a group are freed a grace period after it, and its members are busy until then.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(80);

    private static readonly PolicyText s_text = new(PolicyYaml.Write, static text => PolicyYaml.Read(text).Policy!);

    public static int Serve(string[] arguments)
    {
        (TransportProtocol protocol, int port) = (Enum.Parse<TransportProtocol>(arguments[0]), int.Parse(arguments[1], CultureInfo.InvariantCulture));
        using LinuxBackend backend = new();
        List<IBackendSocket> sockets = [];
        for (int index = 0; index < Sockets; index++)
        {
            IBackendSocket socket = backend.CreateSocket(new SocketSpec(protocol, IpFamily.V4));
            sockets.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            if (protocol == TransportProtocol.Tcp)
            {
                socket.Listen(16);
            }
        }

        Console.WriteLine("ready");
        Console.In.ReadToEnd();
        sockets.ForEach(static socket => socket.Dispose());
        return 0;
    }

    public static int Run()
    {
        SteeringPolicy policy = ReadPolicy();
        foreach (TransportProtocol protocol in Enum.GetValues<TransportProtocol>())
        {
            using Process server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(AdoptCommand).Assembly.Location, Server, $"{protocol}", $"{Port}"])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
            try
            {
                if (server.StandardOutput.ReadLine() != "ready")
                {
                    throw new InvalidOperationException("The process with the sockets did not open them.");
                }

                Measure(protocol, policy, server.Id);
            }
            finally
            {
                server.StandardInput.Close();
                server.WaitForExit();
            }
        }

        return 0;
    }

    /// <summary>What the first commands of a shell cost: one adoption and one policy in a process that has done nothing yet. Prints the milliseconds of both.</summary>
    public static int RunCold(string[] arguments)
    {
        TransportProtocol protocol = Enum.Parse<TransportProtocol>(arguments[0]);
        using LinuxBackend backend = new();
        Sample first = Once(backend, protocol, ReadPolicy());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{first.Adopt * 1000:0} {first.Apply * 1000:0}"));
        return 0;
    }

    private static SteeringPolicy ReadPolicy() => PolicyYaml.Read("version: 1\npolicy: bench\notherwise: { by: hash }").Policy!;

    private static void Measure(TransportProtocol protocol, SteeringPolicy policy, int processId)
    {
        CompiledPolicy compiled = PolicyCompiler.Compile(policy, Sockets, SlotStates.AllActive).Compiled!;
        using BareAdoption bare = new(protocol, Port, processId, compiled, BareFolder);
        if (bare.Count != Sockets)
        {
            throw new InvalidOperationException($"{bare.Count} sockets were found, not {Sockets}.");
        }

        string[] cold = [.. Enumerable.Range(0, ColdSamples).Select(_ => Cold(protocol))];
        List<(Sample Ours, Sample Bare)> measured = [];
        using LinuxBackend backend = new(); // as a shell has one
        for (int sample = -WarmUp; sample < Samples; sample++)
        {
            // They take turns, and take turns in being first.
            Sample ours = default, calls = default;
            foreach (bool isOurs in (bool[])(sample % 2 == 0 ? [true, false] : [false, true]))
            {
                (ours, calls) = isOurs ? (Once(backend, protocol, policy), calls) : (ours, Once(bare));
                Thread.Sleep(s_pause);
            }

            if (sample >= 0)
            {
                measured.Add((ours, calls));
            }
        }

        SortedDictionary<string, int>[] counts = [.. Counted(backend, protocol, policy), .. Counted(bare)];
        Show(protocol, "adopt", measured.Select(pair => (pair.Ours.Adopt, pair.Bare.Adopt)), counts[0], counts[2]);
        Show(protocol, "apply", measured.Select(pair => (pair.Ours.Apply, pair.Bare.Apply)), counts[1], counts[3]);
        double times = Median(measured.Select(pair => pair.Ours.Adopt + pair.Ours.Apply)) / Median(measured.Select(pair => pair.Bare.Adopt + pair.Bare.Apply));
        Console.WriteLine($"{protocol} first commands of a process (milliseconds of adopt and apply): {string.Join("; ", cold)}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{protocol.ToString().ToUpperInvariant()}: {times:0.00} times the bare calls (bound {Bound:0.0})"));
    }

    private static void Show(TransportProtocol protocol, string step, IEnumerable<(double Ours, double Bare)> samples, SortedDictionary<string, int> ours, SortedDictionary<string, int> bare)
    {
        (double Ours, double Bare)[] all = [.. samples];
        double[] ratios = [.. all.Select(pair => pair.Ours / pair.Bare).Order()];
        (double mine, double theirs) = (Median(all.Select(pair => pair.Ours)), Median(all.Select(pair => pair.Bare)));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{protocol} {step}: {mine * 1000:0.0} ms in {ours.Values.Sum()} calls; bare {theirs * 1000:0.0} ms in {bare.Values.Sum()}; {mine / theirs:0.00} (pairs {ratios[0]:0.00} to {ratios[^1]:0.00}; least {all.Min(pair => pair.Ours) * 1000:0.0} and {all.Min(pair => pair.Bare) * 1000:0.0} ms)"));
        Console.WriteLine("  ours: " + Listed(ours));
        Console.WriteLine("  bare: " + Listed(bare));
    }

    private static string Listed(SortedDictionary<string, int> counts) => string.Join(", ", counts.OrderByDescending(count => count.Value).Select(count => $"{count.Key} {count.Value}"));

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Samples / 2);

    /// <summary>One adoption and one policy by this project.</summary>
    private static Sample Once(LinuxBackend backend, TransportProtocol protocol, SteeringPolicy policy, Action? between = null)
    {
        using GroupCatalog catalog = new(backend, s_text);
        long start = Stopwatch.GetTimestamp();
        ManagedGroup group = catalog.Adopt(new GroupAdoptRequest(Group, protocol, Port, null, []));
        double adopt = Stopwatch.GetElapsedTime(start).TotalSeconds;
        between?.Invoke();
        start = Stopwatch.GetTimestamp();
        group.Apply(policy);
        double apply = Stopwatch.GetElapsedTime(start).TotalSeconds;
        between?.Invoke();
        group.Dispose();
        catalog.Remove(Group);
        return new Sample(adopt, apply);
    }

    /// <summary>One adoption and one policy by bare calls.</summary>
    private static Sample Once(BareAdoption bare, Action? between = null)
    {
        long start = Stopwatch.GetTimestamp();
        bare.Adopt();
        double adopt = Stopwatch.GetElapsedTime(start).TotalSeconds;
        between?.Invoke();
        start = Stopwatch.GetTimestamp();
        bare.Apply();
        double apply = Stopwatch.GetElapsedTime(start).TotalSeconds;
        between?.Invoke();
        bare.Clean();
        return new Sample(adopt, apply);
    }

    private static SortedDictionary<string, int>[] Counted(LinuxBackend backend, TransportProtocol protocol, SteeringPolicy policy) => Counted(between => _ = Once(backend, protocol, policy, between));

    private static SortedDictionary<string, int>[] Counted(BareAdoption bare) => Counted(between => _ = Once(bare, between));

    /// <summary>The calls of each step, in a run of its own: the gate takes time.</summary>
    private static SortedDictionary<string, int>[] Counted(Action<Action> run)
    {
        List<SortedDictionary<string, int>> steps = [new(StringComparer.Ordinal)];
        Sys.Gate = (call, first, _, make) =>
        {
            string name = call == Syscall.bpf ? ((BpfCommand)first).ToString() : call.ToString();
            steps[^1][name] = steps[^1].GetValueOrDefault(name) + 1;
            return make();
        };
        try
        {
            run(() => steps.Add(new(StringComparer.Ordinal)));
        }
        finally
        {
            Sys.Gate = null;
        }

        Thread.Sleep(s_pause);
        return [steps[0], steps[1]];
    }

    private static string Cold(TransportProtocol protocol)
    {
        using Process child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(AdoptCommand).Assembly.Location, First, $"{protocol}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        string line = child.StandardOutput.ReadToEnd().Trim();
        child.WaitForExit();
        Thread.Sleep(s_pause);
        return line;
    }

    /// <summary>Seconds of both steps.</summary>
    private readonly record struct Sample(double Adopt, double Apply);
}
