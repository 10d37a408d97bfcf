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
/// <c>bench -- adopt</c>: 1,024 sockets of another process are adopted and a policy is applied; the time of all that over the time of the system calls in it, each of which is counted and
/// timed as it is made. What .NET reads of /proc by itself counts as ours.
/// </summary>
internal static class AdoptCommand
{
    /// <summary>The process with the sockets: <c>sockets PROTOCOL PORT</c>; it ends with its input.</summary>
    public const string Server = "sockets";

    private const int Sockets = 1024;
    private const int Port = 5497;
    private const int Samples = 7;
    private const string Group = "bench-adopt";

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
        SteeringPolicy policy = PolicyYaml.Read("version: 1\npolicy: bench\notherwise: { by: hash }").Policy!;
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

                Measure(protocol, policy);
            }
            finally
            {
                server.StandardInput.Close();
                server.WaitForExit();
            }
        }

        return 0;
    }

    private static void Measure(TransportProtocol protocol, SteeringPolicy policy)
    {
        List<(string Step, double Whole, double Calls, SortedDictionary<string, int> Counts)> measured = [];
        for (int sample = -2; sample < Samples; sample++)
        {
            using LinuxBackend backend = new();
            using GroupCatalog catalog = new(backend, s_text);
            ManagedGroup? group = null;
            var adopt = Timed("adopt", () => group = catalog.Adopt(new GroupAdoptRequest(Group, protocol, Port, null, [])));
            var apply = Timed("apply", () => group!.Apply(policy));
            group!.Dispose();
            catalog.Remove(Group);
            if (sample >= 0)
            {
                measured.Add(adopt);
                measured.Add(apply);
            }
        }

        foreach (var step in measured.GroupBy(one => one.Step))
        {
            var ordered = step.OrderBy(one => one.Whole / one.Calls).ToList();
            var median = ordered[ordered.Count / 2];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{protocol} {median.Step}: {median.Whole * 1000:0.0} ms, of which {median.Calls * 1000:0.0} ms in {median.Counts.Values.Sum()} system calls: {median.Whole / median.Calls:0.00} (least {ordered[0].Whole / ordered[0].Calls:0.00}, most {ordered[^1].Whole / ordered[^1].Calls:0.00})"));
            Console.WriteLine("  " + string.Join(", ", median.Counts.OrderByDescending(count => count.Value).Take(12).Select(count => $"{count.Key} {count.Value}")));
        }

        double whole = Median(measured.Chunk(2).Select(pair => (pair[0].Whole + pair[1].Whole) / (pair[0].Calls + pair[1].Calls)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{protocol}, both: {whole:0.00} times the system calls"));
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Samples / 2);

    private static (string Step, double Whole, double Calls, SortedDictionary<string, int> Counts) Timed(string step, Action action)
    {
        long inCalls = 0;
        SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
        Sys.Gate = (call, first, _, make) =>
        {
            string name = call == Syscall.bpf ? ((BpfCommand)first).ToString() : call.ToString();
            counts[name] = counts.GetValueOrDefault(name) + 1;
            long before = Stopwatch.GetTimestamp();
            nint result = make();
            inCalls += Stopwatch.GetTimestamp() - before;
            return result;
        };
        long start = Stopwatch.GetTimestamp();
        try
        {
            action();
        }
        finally
        {
            Sys.Gate = null;
        }

        return (step, Stopwatch.GetElapsedTime(start).TotalSeconds, (double)inCalls / Stopwatch.Frequency, counts);
    }
}
