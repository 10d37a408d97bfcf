using System.Diagnostics;
using System.Globalization;
using ReuseportPS.Bench.Peers;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;
using ReuseportPS.Yaml;

namespace ReuseportPS.Bench;

/// <summary>
/// <c>bench -- traces</c>: reading and previewing a capture of 1 GB beside tcpdump and cat, in one run, the samples taking turns. CPU time: for
/// ours of the thread or the threads, without the start of .NET; of the whole process for theirs. Two previews at once that share nothing show what the machine itself adds when both of its processors work.
/// </summary>
internal static class TracesCommand
{
    private const long Length = 1_000_000_000;
    private const int Samples = 5;
    private const string Reading = "read and parse";
    private const string Preview = "preview: read, parse, decide, count";
    private const string OnTwoCores = "the same on 2 cores";
    private const string TwoAtOnce = "one of two previews at once";
    private const string Dump = "tcpdump -r FILE -w /dev/null";

    public static int Run()
    {
        string file = Path.Combine(BenchFiles.Output, "trace-1gb.pcap");
        if (!File.Exists(file) || new FileInfo(file).Length < Length)
        {
            Generate(file);
        }

        SteeringPolicy policy = PolicyYaml.Read("version: 1\npolicy: weighted\notherwise: { by: weighted, weights: { 0: 5, 1: 10, 2: 15, 3: 20, 4: 5, 5: 10, 6: 15, 7: 20 } }").Policy!;
        CompiledPolicy compiled = PolicyCompiler.Compile(policy, 8).Compiled!;
        (string Name, Func<double> Measure)[] contenders =
        [
            (Reading, () => OnThread(() => Parse(file))),
            (Preview, () => OfAllThreads(() => Measure(1))),
            (OnTwoCores, () => OfAllThreads(() => Measure(2))),
            (TwoAtOnce, () => OfAllThreads(() => Parallel.Invoke(() => Measure(1), () => Measure(1))) / 2),
            (Dump, () => OfProcess("tcpdump", "-r", file, "-w", "/dev/null")),
            ("tcpdump --count -r FILE", () => OfProcess("tcpdump", "--count", "-r", file)),
            ("cat FILE", () => OfProcess("cat", file)),
        ];
        Dictionary<string, List<double>> seconds = contenders.ToDictionary(contender => contender.Name, _ => new List<double>());
        Dictionary<string, List<double>> walls = contenders.ToDictionary(contender => contender.Name, _ => new List<double>());
        for (int sample = -2; sample < Samples; sample++)
        {
            foreach ((string name, Func<double> measure) in contenders)
            {
                long start = Stopwatch.GetTimestamp();
                double taken = measure();
                if (sample >= 0)
                {
                    seconds[name].Add(taken);
                    walls[name].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }
        }

        double dump = Median(seconds[Dump]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(file).Length} bytes, {Parse(file)} packets; CPU seconds, median of {Samples} (least to most), and over tcpdump -w"));
        foreach ((string name, List<double> taken) in seconds)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-38} {Median(taken):0.000} ({taken.Min():0.000} to {taken.Max():0.000}) {Median(taken) / dump:0.00}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"2 cores over 1: {Median(seconds[OnTwoCores]) / Median(seconds[Preview]):0.00} of the CPU time, {Median(walls[OnTwoCores]) / Median(walls[Preview]):0.00} of the time on the wall"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"each of 2 previews at once, with nothing in common, over one alone: {Median(seconds[TwoAtOnce]) / Median(seconds[Preview]):0.00} of the CPU time; 2 cores over that: {Median(seconds[OnTwoCores]) / Median(seconds[TwoAtOnce]):0.00}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak working set of this process: {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB"));
        return 0;

        void Measure(int cores) => new PolicyPreview(compiled, source: policy) { Cores = cores }.Measure(new CaptureFile(file));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double OnThread(Action action)
    {
        long before = ThreadTime.Now();
        action();
        return (ThreadTime.Now() - before) / 1e9;
    }

    private static double OfAllThreads(Action action)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static long Parse(string file)
    {
        using IPacketReader reader = new CaptureFile(file).Open();
        Packet[] packets = new Packet[64];
        while (reader.Read(packets) > 0)
        {
        }

        return reader.Statistics.Packets;
    }

    private static double OfProcess(string program, params string[] arguments)
    {
        double before = ChildTime.Now();
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec \"$0\" \"$@\" > /dev/null 2>&1", program, .. arguments]) { UseShellExecute = false })!;
        process.WaitForExit();
        return ChildTime.Now() - before;
    }

    /// <summary>10,000 flows, half UDP and half TCP, both families, 417 bytes on average.</summary>
    private static void Generate(string file)
    {
        using FileStream stream = new(file, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        PcapWriter writer = new(stream);
        for (ulong seed = 1; stream.Position < Length; seed++)
        {
            GeneratedTraceOptions options = new() { Seed = seed, Flows = 5000, PacketsPerFlow = 20, SmallestPayloadLength = 200, LargestPayloadLength = 560 };
            IPacketReader[] readers = [.. Enum.GetValues<TransportProtocol>().Select(protocol => new GeneratedTrace(options with { Protocol = protocol, Seed = 1 + (seed % 4) }).Open())];
            while (readers[0].TryRead(out Packet first) && readers[1].TryRead(out Packet second))
            {
                writer.Write(first);
                writer.Write(second);
            }
        }
    }
}
